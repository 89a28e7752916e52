"""JUnit reports of the test run: how many tests passed, and which took the longest."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SLOWEST = 10


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


def read(part: str, report: Path, seconds: float, exit_code: int) -> Run:
    """Read a part's report. A missing or incomplete one counts as one failed test."""
    counts: Counter[str] = Counter()
    tests: list[tuple[float, str]] = []
    try:
        for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            counts.update(failed=bad, skipped=skipped, passed=int(suite.get("tests", 0)) - bad - skipped)
            tests += [(float(one.get("time", 0)), _name(one)) for one in suite]
    except (OSError, ET.ParseError):
        counts = Counter(failed=1)
    return Run(part=part, seconds=seconds, exit_code=exit_code, counts=counts, tests=tests)


def _name(test: ET.Element) -> str:
    """Without the group that xdist appends."""
    return re.sub(r"(?<=\])@.*$|^([^\[@]*)@[^\[]*$", r"\1", f"{test.get('classname')}.{test.get('name')}")


def timing(runs: Sequence[Run], seconds: Mapping[str, float]) -> str:
    """Seconds of set-up and tests, of each part, and of the slowest tests of each part."""
    lines = ["", "Where the time went: " + ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())]
    for run in runs:
        lines += ["", f"{run.part}: {run.seconds:.0f} s for {run.counts.total()} tests; the slowest:"]
        lines += [f"  {taken:6.1f} s  {name}" for taken, name in sorted(run.tests, reverse=True)[:SLOWEST]]
    return "\n".join([*lines, ""])
