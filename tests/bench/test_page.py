"""docs/performance.md is written from the results alone."""

import re
import tomllib

import pytest

from bench import page
from bench.catalog import MEASURES, PARTS
from bench.results import Results
from bench.samples import OURS, Measures
from bench.targets import TARGETS
from local.runtime import ROOT

ABOUT = {"taken": "2026-01-01T00:00:00+00:00", "seconds": 12.3, "load": 0.4}


@pytest.fixture
def results() -> Results:
    found = Results(machine={"cores": 2})
    stop, start = Measures(), Measures()
    stop.add_all("stop.seconds", OURS, (0.5, 0.7, 3.5))
    stop.add_all("stop.seconds", "single_stage", (30.2,))
    start.add_all("start.seconds", OURS, (2, 2.5))
    start.add_all("start.seconds", "cookiecutter", (20, 22))
    found.note("stop", ABOUT, stop)
    found.note("start", ABOUT, start)
    return found


def test_the_committed_page_has_a_verdict_for_every_target_and_a_section_for_every_part():
    text = (ROOT / "docs" / "performance.md").read_text()
    verdicts = re.findall(r"^\| ([A-Z]\d) \| .* \| (met|missed|not comparable)[^|]* \|$", text, re.M)
    assert [target for target, _ in verdicts] == [target.id for target in TARGETS]
    assert re.findall(r"^## (.*)$", text, re.M)[1:-1] == [part.capitalize() for part in page.CHARTS]
    assert set(re.findall(r"pictures/performance-(\w+)\.svg", text)) == set(page.CHARTS)


def test_numbers_have_units_and_ranges(results: Results):
    text = page.markdown(results)
    assert (
        "| D4 | start to first answer, a quarter CPU | 2.25 s (2 to 2.5) | cookiecutter-django | 21 s (20 to 22) "
        in text
    )
    assert "| start | 2026-01-01T00:00:00+00:00 | 12 s | 0.4 |" in text


def test_a_missed_target_has_a_reason_or_the_page_says_there_is_none(results: Results):
    assert "**D3 missed.**" in page.markdown(results)


def test_a_target_that_cannot_be_compared_has_a_reason_too(results: Results):
    results.measures.add("start.seconds", OURS, 21)
    assert "**D4 not comparable.**" in page.markdown(results)


def test_a_busy_machine_is_named_before_any_number(results: Results):
    assert "Other programs used the machine" not in page.markdown(results)
    results.parts["stop"] = {**ABOUT, "load": 30}
    assert "**Other programs used the machine during stop**" in page.markdown(results).partition("## Targets")[0]


def test_only_parts_that_were_measured_have_a_section(results: Results):
    text = page.markdown(results)
    assert "## Stop" in text
    assert "## Serving" not in text


def test_the_page_and_its_pictures_are_written(results: Results, tmp_path):
    page.write(results, tmp_path)
    pictures = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert pictures == {"performance-start.svg", "performance-stop.svg"}
    assert (tmp_path / "performance.md").exists()


def test_notes_are_about_parts_and_targets_that_exist():
    notes = tomllib.loads(page.NOTES.read_text())
    assert set(notes["parts"]) == set(PARTS)
    assert set(notes["missed"]) <= {target.id for target in TARGETS}
    assert {name for measures in page.CHARTS.values() for name in measures} <= set(MEASURES)
