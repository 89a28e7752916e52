"""A chart is valid SVG and marks our bars."""

from xml.etree import ElementTree as ET

from bench.catalog import SECONDS
from bench.chart import LABELS, VALUES, WIDTH, Bar, Panel, draw
from bench.samples import Sample, Spread

SVG = "{http://www.w3.org/2000/svg}"


def spread(*values: float) -> Spread:
    return Spread.of([Sample(value=value) for value in values])


def test_bars_are_as_long_as_their_values_and_the_longest_range_fits():
    bars = [Bar(label="ours", spread=spread(1), ours=True), Bar(label="them & us", spread=spread(2, 4))]
    root = ET.fromstring(draw("a < b", [Panel(title="Wait", unit=SECONDS, bars=bars)]))  # noqa: S314 - our own
    widths = {rect.get("class"): float(rect.get("width", "0")) for rect in root.iter(f"{SVG}rect")}
    assert widths == {"bar ours": (WIDTH - LABELS - VALUES) / 4, "bar": 3 * (WIDTH - LABELS - VALUES) / 4}
    (line,) = root.iter(f"{SVG}line")
    assert float(line.get("x2", "0")) == WIDTH - VALUES
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts == ["Wait", "ours", "1 s", "them & us", "3 s"]


def test_zeros_can_be_drawn():
    draw("x", [Panel(title="x", unit=SECONDS, bars=[Bar(label="x", spread=spread(0))])])
