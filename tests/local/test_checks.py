"""`make test`: which tests are in which part, the sum it ends with, and the slowest tests."""

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from local import checks, junit
from local.runtime import ROOT

REPORT = """<testsuites><testsuite tests="4" failures="1" errors="1" skipped="1">
<testcase classname="tests.a" name="test_quick" time="0.1"><skipped message="no"/></testcase>
<testcase classname="tests.a" name="test_slow" time="9.5"><failure message="assert 1 == 2&#10; + where"/></testcase>
</testsuite></testsuites>"""


def read(path: Path, content: str | None) -> junit.Run:
    if content is not None:
        path.write_text(content)
    return junit.read("fast", path, 12.3, 0)


def test_failures_and_errors_are_failed_tests(tmp_path: Path) -> None:
    assert read(tmp_path / "report.xml", REPORT).counts == Counter(passed=1, failed=2, skipped=1)


@pytest.mark.parametrize("content", [None, "<testsuites><testsuite te"])
def test_a_missing_or_incomplete_report_is_a_failure(tmp_path: Path, content: str | None) -> None:
    assert read(tmp_path / "report.xml", content).counts == Counter(failed=1)


def test_the_time_of_each_part_and_its_slowest_tests_are_printed(tmp_path: Path) -> None:
    lines = junit.timing([read(tmp_path / "report.xml", REPORT)], {"set-up": 3, "tests": 12.3}).splitlines()
    assert "Where the time went: set-up 3 s, tests 12 s" in lines
    part = lines.index("fast: 12 s for 4 tests; the slowest:")
    assert [line.split() for line in lines[part + 1 : part + 3]] == [
        ["9.5", "s", "tests.a.test_slow"],
        ["0.1", "s", "tests.a.test_quick"],
    ]


def test_each_failed_test_is_named_with_the_first_line_of_its_error(tmp_path: Path) -> None:
    runs = [read(tmp_path / "report.xml", REPORT), read(tmp_path / "missing.xml", None)]
    failed, missing = junit.failures(runs).splitlines()
    assert failed == "FAILED tests.a.test_slow: assert 1 == 2"
    assert missing.startswith("FAILED missing.xml: no complete report: ")


@pytest.mark.parametrize("engine", [False, True])
@pytest.mark.parametrize("containers", [False, True])
@pytest.mark.parametrize("long", [False, True])
def test_every_test_is_in_exactly_one_part(engine: bool, containers: bool, long: bool) -> None:
    marks = {"engine": engine, "containers": containers, "long": long}
    stages = checks.FAST + checks.ENGINE + checks.CONTAINERS + checks.LONG
    parts = [part for part in stages if part.folder == ROOT]
    chosen = [part for part in parts if eval(part.markers, dict(marks))]  # noqa: S307 - our own expressions
    assert len(chosen) == 1
    assert (chosen[0] in checks.LONG) == long
    assert (chosen[0] in checks.FAST) == (not any(marks.values()))


NOTED = """
import os, pathlib, pytest
{mark}
@pytest.mark.parametrize("n", range(4))
def test_worker(n):
    with pathlib.Path("{group}").open("a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + " ")
"""


def test_a_group_and_a_file_without_one_stay_in_one_worker(tmp_path: Path) -> None:
    marked = "pytestmark = pytest.mark.xdist_group('g')"
    for name, group, mark in (("a", "g", marked), ("b", "g", marked), ("c", "c", "")):
        (tmp_path / f"test_{name}.py").write_text(NOTED.format(mark=mark, group=group))
    report = tmp_path / "report.xml"
    command = checks.Part(name="x", folder=tmp_path, workers=2, dist="loadgroup").command(report, ["-p", "xdist"])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    workers = {name: (tmp_path / name).read_text().split() for name in ("g", "c")}
    assert {name: (len(used), len(set(used))) for name, used in workers.items()} == {"g": (8, 1), "c": (4, 1)}
    assert "test_a.test_worker[0]" in {name for _, name in junit.read("x", report, 1, 0).tests}
