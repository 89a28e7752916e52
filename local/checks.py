"""`make test` and `make lint`."""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local import junit
from local.runtime import ROOT, SETUP_SECONDS, Runtime

PACKAGES = ("django-hosting", "embedded-cloud")
LINTERS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy", "infra", "bootstrap", "local", "bench", "ops", "tests", *(f"packages/{name}/src" for name in PACKAGES)),
)
NOTHING_COLLECTED = 5
CORES = os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """Tests that run in one pytest process and its workers."""

    name: str
    folder: Path = ROOT
    """Pytest's working folder, which decides the configuration file."""
    markers: str = ""
    """Marker expression."""
    workers: int
    """xdist's workers; 0 runs the tests in pytest's own process."""
    named: bool = False
    """Print each test by its name when it has ended: for parts that take long."""
    dist: str = "load"
    """How xdist distributes tests: `load` one by one, `loadfile` by file, `loadgroup` by the mark `xdist_group`."""

    def command(self, report: Path, rest: Sequence[str]) -> list[str]:
        """Run pytest and write a JUnit report."""
        markers = ["-m", self.markers] if self.markers else []
        groups = ["-p", "local.xdist_groups"] if self.dist == "loadgroup" else []
        # Files and groups start in the order of collection: conftest.py of e2e and recovery put the longest first.
        groups += [] if self.dist == "load" else ["--no-loadscope-reorder"]
        distribution = ["-n", str(self.workers), "--dist", self.dist, *groups]
        colour = "yes" if sys.stdout.isatty() else "no"
        options = [f"--junitxml={report}", f"--color={colour}", *(["--verbose"] if self.named else []), *rest]
        return [sys.executable, "-m", "pytest", *markers, *distribution, *options]


# Django's settings belong to a process, so that each set of tests with settings of its own is a part.
HOSTING = ROOT / "packages" / "django-hosting"

# The parts of a stage run side by side, the stages one after the other, with one worker per core and one more for each
# part of Django's. With one more beside containers, the machine is so busy that health checks of the sites time out.
FAST = (
    Part(name="fast", markers="not engine and not containers and not long", workers=CORES),
    Part(name="application", folder=ROOT / "app", workers=0),
    Part(name="hosting", folder=HOSTING, markers="not containers", workers=0),
)
ENGINE = (
    Part(name="engine", markers="engine and not containers and not long", workers=CORES, dist="loadfile", named=True),
)
CONTAINERS = (Part(name="containers", markers="containers and not long", workers=CORES, dist="loadgroup", named=True),)
VERSIONS = (Part(name="versions", folder=HOSTING, markers="containers", workers=0, named=True),)
LONG = (Part(name="long", markers="long", workers=CORES, dist="loadgroup", named=True),)


def test(options: argparse.Namespace, runtime: Runtime) -> int:
    """Run the stages, print where the time went, the failed tests, and the sum. Exit code 1 for a failed test."""
    stages = (LONG,) if options.long else (FAST,) if options.fast else (FAST, ENGINE, CONTAINERS, VERSIONS)
    started = time.monotonic()
    runs = [run for stage in stages for run in _run_stage(stage, runtime, options.rest)]
    total = sum((run.counts for run in runs), Counter[str]())
    seconds = {"set-up": float(os.environ.pop(SETUP_SECONDS, 0)), "tests": time.monotonic() - started}
    print(junit.timing(runs, seconds))  # noqa: T201
    print(junit.failures(runs), end="")  # noqa: T201
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)  # noqa: T201
    failed = total["failed"] or any(run.exit_code not in {0, NOTHING_COLLECTED} for run in runs)
    return 1 if failed or not total["passed"] else 0


def _run_stage(parts: Sequence[Part], runtime: Runtime, rest: Sequence[str]) -> list[junit.Run]:
    runs: list[junit.Run] = []
    threads = [threading.Thread(target=lambda part=part: runs.append(_run(part, runtime, rest))) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(runs, key=lambda run: [part.name for part in parts].index(run.part))


def _run(part: Part, runtime: Runtime, rest: Sequence[str]) -> junit.Run:
    """Run one part and print its output line by line, each with the part's name."""
    report = runtime.logs / f"tests-{part.name}.xml"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    with subprocess.Popen(
        part.command(report, rest), cwd=part.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(f"{part.name:<11} | {line}", end="", flush=True)  # noqa: T201
    return junit.read(part.name, report, time.monotonic() - started, process.returncode)


def lint(_: argparse.Namespace, __: Runtime) -> int:
    """Run every linter, also after one has failed. Exit code 1 if any did."""
    codes = [subprocess.run([sys.executable, "-m", *linter], cwd=ROOT, check=False).returncode for linter in LINTERS]
    return 1 if any(codes) else 0
