"""A part that is not measured again keeps its samples."""

from pathlib import Path

from bench.results import Results
from bench.samples import OURS, Measures

ABOUT = {"taken": "2026-01-01T00:00:00+00:00", "seconds": 1.0, "load": 0.1}


def measured(measure: str, *values: float) -> Measures:
    found = Measures()
    found.add_all(measure, OURS, values)
    return found


def test_a_part_replaces_only_itself():
    results = Results()
    results.note("start", ABOUT, measured("start.seconds", 1))
    results.note("stop", ABOUT, measured("stop.seconds", 2))
    results.note("stop", ABOUT, measured("stop.other", 3))
    assert set(results.measures.samples) == {"start.seconds", "stop.other"}


def test_written_and_read_again_it_is_the_same(tmp_path: Path):
    results = Results(machine={"cores": 2})
    results.note("stop", ABOUT, measured("stop.seconds", 2, 2.5))
    results.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == results


def test_a_file_of_another_format_is_replaced(tmp_path: Path):
    (tmp_path / "results.json").write_text('{"taken": "x", "results": []}')
    assert Results.read(tmp_path / "results.json") == Results()
    assert Results.read(tmp_path / "missing.json") == Results()
