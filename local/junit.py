"""JUnit reports of the test run: how many tests passed, and which took the longest."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SLOWEST = 10
ERROR_LENGTH = 160


@dataclass(frozen=True, kw_only=True)
class Run:
    """One part of the test run."""

    part: str
    seconds: float
    exit_code: int
    counts: Counter[str]
    """Tests by outcome: passed, failed, skipped."""
    tests: Sequence[tuple[float, str]] = field(default_factory=list)
    """Seconds and name of each test, fixtures included."""
    failed: Sequence[tuple[str, str]] = field(default_factory=list)
    """Name of each failed test, and the first line of its error."""


def read(part: str, report: Path, seconds: float, exit_code: int) -> Run:
    """Read a part's report. A missing or incomplete one counts as one failed test."""
    counts: Counter[str] = Counter()
    tests: list[tuple[float, str]] = []
    failed: list[tuple[str, str]] = []
    try:
        for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            counts.update(failed=bad, skipped=skipped, passed=int(suite.get("tests", 0)) - bad - skipped)
            tests += [(float(one.get("time", 0)), _name(one)) for one in suite]
            failed += [(_name(one), _error(one)) for one in suite if _error(one)]
    except (OSError, ET.ParseError) as error:
        counts = Counter(failed=1)
        failed = [(report.name, f"no complete report: {error}")]
    return Run(part=part, seconds=seconds, exit_code=exit_code, counts=counts, tests=tests, failed=failed)


def _name(test: ET.Element) -> str:
    """Without the group that xdist appends."""
    return re.sub(r"(?<=\])@.*$|^([^\[@]*)@[^\[]*$", r"\1", f"{test.get('classname')}.{test.get('name')}")


def _error(test: ET.Element) -> str:
    """First line of a failed test's error, "" for one that did not fail."""
    problem = next((child for child in test if child.tag in {"failure", "error"}), None)
    return "" if problem is None else (problem.get("message") or problem.tag).partition("\n")[0]


def failures(runs: Sequence[Run]) -> str:
    """One line for each failed test, "" when all passed."""
    return "".join(f"FAILED {name}: {error[:ERROR_LENGTH]}\n" for run in runs for name, error in run.failed)


def timing(runs: Sequence[Run], seconds: Mapping[str, float]) -> str:
    """Seconds of set-up and tests, of each part, and of the slowest tests of each part."""
    lines = ["", "Where the time went: " + ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())]
    for run in runs:
        lines += ["", f"{run.part}: {run.seconds:.0f} s for {run.counts.total()} tests; the slowest:"]
        lines += [f"  {taken:6.1f} s  {name}" for taken, name in sorted(run.tests, reverse=True)[:SLOWEST]]
    return "\n".join([*lines, ""])
