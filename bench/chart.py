"""Bar charts as SVG, readable on light and dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bench.catalog import Unit
from bench.samples import Spread

WIDTH, LABELS, VALUES, BAR, GAP, HEAD = 760, 190, 190, 18, 10, 34
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.bar { fill: #8c959f } .ours { fill: #1a7f64 } .range { stroke: #24292f; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #3fb68b } .range { stroke: #e6edf3 }
}
"""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One subject."""

    label: str
    spread: Spread
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Bars on one scale from zero."""

    title: str
    unit: Unit
    bars: Sequence[Bar]


def draw(title: str, panels: Sequence[Panel]) -> str:
    """The SVG file. A line over each bar spans the range of its samples."""
    shapes, top = [], 0
    for panel in panels:
        shapes.append(f'<text class="title" x="0" y="{top + 20}">{escape(panel.title)}</text>')
        top += HEAD
        longest = max(bar.spread.high for bar in panel.bars) or 1.0
        for bar in panel.bars:
            shapes += _bar(bar, panel.unit, (WIDTH - LABELS - VALUES) / longest, top)
            top += BAR + GAP
        top += GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" '
        f'width="{WIDTH}" height="{top}">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>{''.join(shapes)}</svg>\n"
    )


def _bar(bar: Bar, unit: Unit, scale: float, top: int) -> list[str]:
    def x(value: float) -> str:
        return f"{LABELS + value * scale:.1f}"

    middle, base = top + BAR / 2, top + BAR - 4
    width = max(bar.spread.median * scale, 1)
    style = "bar ours" if bar.ours else "bar"
    shapes = [
        f'<text x="{LABELS - 10}" y="{base}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect class="{style}" x="{LABELS}" y="{top}" width="{width:.1f}" height="{BAR}" rx="2"/>',
        f'<text x="{float(x(bar.spread.high)) + 8:.1f}" y="{base}">{escape(unit.text(bar.spread.median))}</text>',
    ]
    if bar.spread.low != bar.spread.high:
        ends = f'x1="{x(bar.spread.low)}" x2="{x(bar.spread.high)}"'
        shapes.append(f'<line class="range" {ends} y1="{middle}" y2="{middle}"/>')
    return shapes
