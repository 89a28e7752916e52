"""The sum that `make test` ends with."""

from collections import Counter
from pathlib import Path

from local.checks import FAST, WHOLE, count


def test_failures_and_errors_are_failed_tests(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="2" errors="1" skipped="1"/></testsuites>')
    assert count(report) == Counter(passed=5, failed=3, skipped=1)


def test_a_run_without_a_report_is_a_failure(tmp_path: Path) -> None:
    assert count(tmp_path / "none.xml") == Counter(failed=1)


def test_a_report_that_was_cut_off_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "cut.xml").write_text("<testsuites><testsuite te")
    assert count(tmp_path / "cut.xml") == Counter(failed=1)


def test_every_test_is_in_exactly_one_part() -> None:
    marked = [part.selection[1] for part in FAST + WHOLE if part.selection[0] == "-m"]
    for engine in (False, True):
        for containers in (False, True):
            chosen = [rule for rule in marked if eval(rule, {"engine": engine, "containers": containers})]  # noqa: S307
            assert len(chosen) == 1
    assert not any(eval(rule, {"engine": False, "containers": True}) for rule in marked[:1])  # noqa: S307
