"""`make test` and `make lint`."""

import argparse
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from local.runtime import ROOT, Runtime

LINTERS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy", "infra", "local", "bench", "ops", "tests"),
)
NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Part:
    """Tests that run together."""

    name: str
    folder: Path
    """Where pytest runs, and so whose configuration holds."""
    selection: tuple[str, ...]


FAST = (
    Part("fast", ROOT, ("-m", "not engine and not containers", "-n", "auto")),
    Part("application", ROOT / "app", ("-n", "auto")),
)
WHOLE = (
    # The tests of one file may go on with one stack.
    Part("engine", ROOT, ("-m", "engine and not containers", "-n", "auto", "--dist", "loadfile")),
    # Health checks and rollouts have real clocks: beside other work they would measure that work.
    Part("containers", ROOT, ("-m", "containers", "-p", "no:xdist")),
)


def test(options: argparse.Namespace, runtime: Runtime) -> int:
    """The fast tests, then those that run whole stacks and containers, then one line with the sum."""
    total: Counter[str] = Counter()
    failed = False
    for part in FAST if options.fast else FAST + WHOLE:
        report = runtime.logs / f"tests-{part.name}.xml"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", *part.selection, f"--junitxml={report}", *options.rest]
        code = subprocess.run(command, cwd=part.folder, check=False).returncode
        if code not in {0, NOTHING_COLLECTED}:
            failed = True
        total += count(report)
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)  # noqa: T201
    return 1 if failed or total["failed"] or not total["passed"] else 0


def count(report: Path) -> Counter[str]:
    """Passed, failed and skipped tests of a JUnit report; one failure if there is none to read."""
    try:
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314
        totals: Counter[str] = Counter()
        for suite in suites:
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            totals.update(failed=bad, skipped=skipped, passed=int(suite.get("tests", 0)) - bad - skipped)
    except (OSError, ET.ParseError):
        return Counter(failed=1)
    return totals


def lint(_: argparse.Namespace, __: Runtime) -> int:
    """Every linter, also after one has complained. 1 if any did."""
    environment = dict(os.environ)
    codes = [
        subprocess.run([sys.executable, "-m", *linter], cwd=ROOT, env=environment, check=False).returncode
        for linter in LINTERS
    ]
    return 1 if any(codes) else 0
