"""S1 to S5: what a request costs, how many are answered, and how long the slowest hundredth waits."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import machine, open_loop_run
from bench.builds import Built, Say
from bench.fronts import CACHED, Front, Fronts
from bench.load import wrk
from bench.samples import OURS, Measures
from bench.stand import cpu_seconds, standing
from local.runtime import OperatorError

ROUNDS = 5
SECONDS = 2
WARM_UP_SECONDS = 1
CONNECTIONS = 16
STEADY_ROUNDS = 3
STEADY_SECONDS = 5.0
STEADY_SHARE = 0.6
"""Of what ours answers at most."""
BROWSER = {"Accept-Encoding": "gzip, deflate, br"}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One thing asked of one front."""

    measure: str
    subject: str
    front: Front
    path: str
    compressed: bool = False


def measure(built: Built, base_images: dict[str, str], folder: Path, say: Say) -> Measures:
    """Rounds of load, each in another order. Servers stay on the first CPU, load and database on the last."""
    if wrk.program() is None:
        raise OperatorError("serving: wrk is missing. Install it (on Debian and Ubuntu: apt-get install wrk).")
    measures = Measures()
    with standing() as stand:
        say("starting every server")
        database = stand.start_database(base_images["postgres"], folder, cpuset_cpus=str(last_cpu()))
        fronts = Fronts(stand, built, base_images, cpu="0")
        started = fronts.start()
        cells = _cells(started, fronts.static_path())
        say("warming up")
        for cell in cells:
            _probe(cell, measures)
            _ask(cell, WARM_UP_SECONDS)
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS}: {len(cells)} times {SECONDS} s")
            for cell in _rotated(cells, number):
                # A page that nobody asked for meanwhile is no longer kept: all would wait for the first.
                _probe(cell, measures)
                _load(cell, database, measures)
        _steady(started, measures, say)
    return measures


def last_cpu() -> int:
    """Where the load comes from."""
    return (os.cpu_count() or 1) - 1


def _cells(fronts: dict[str, Front], static: str) -> list[Cell]:
    cells = []
    for subject, front in fronts.items():
        if subject != CACHED:
            cells.append(Cell(measure="page", subject=subject, front=front, path="/account/login/"))
            cells.append(Cell(measure="database", subject=subject, front=front, path="/"))
            cells.append(Cell(measure="static", subject=subject, front=front, path=static, compressed=True))
    cells.append(Cell(measure="microcache", subject=OURS, front=fronts[CACHED], path="/"))
    return cells


def _rotated(cells: list[Cell], by: int) -> list[Cell]:
    start = by * len(cells) // ROUNDS
    return cells[start:] + cells[:start]


def _probe(cell: Cell, measures: Measures) -> None:
    """The answer is the one expected; bytes of a file as they travel."""
    headers = {"Host": "localhost", **(BROWSER if cell.compressed else {"Accept-Encoding": "identity"})}
    with httpx.stream("GET", cell.front.url + cell.path, headers=headers, timeout=20, trust_env=False) as answer:
        answer.read()
    if answer.status_code != 200:
        raise OperatorError(f"serving: {cell.subject} answers {cell.path} with {answer.status_code}, not 200.")
    if cell.measure == "static":
        measures.add("serving.static_bytes", cell.subject, answer.num_bytes_downloaded)


def _load(cell: Cell, database: object, measures: Measures) -> None:
    reading = _read(lambda: _ask(cell, SECONDS), cell.front, database)
    wrong = reading.load.failed + reading.load.refused
    if wrong or not reading.load.requests:
        # One wrong answer voids the round: errors are cheap and would flatter.
        measures.add(f"serving.{cell.measure}_failed", cell.subject, wrong, noisy=reading.noisy)
        return
    values = {
        "cpu_ms": reading.cpu_seconds * 1000 / reading.load.requests,
        "rps": reading.load.rps,
        "p99_ms": reading.load.p99_ms,
    }
    for unit, value in values.items():
        measures.add(f"serving.{cell.measure}_{unit}", cell.subject, value, noisy=reading.noisy)
        if cell.measure == "database" and cell.subject == OURS:
            # The same page of the same server, without the cache.
            measures.add(f"serving.microcache_{unit}", "uncached", value, noisy=reading.noisy)


def _ask(cell: Cell, seconds: int) -> wrk.Load:
    headers = BROWSER if cell.compressed else {}
    url = cell.front.url + cell.path
    return wrk.run(url, seconds=seconds, connections=CONNECTIONS, cpu=last_cpu(), headers=headers)


@dataclass(frozen=True, kw_only=True)
class _Reading:
    load: wrk.Load
    cpu_seconds: float
    noisy: bool


def _read(ask: Callable[[], wrk.Load], front: Front, database: object) -> _Reading:
    others, servers, stored = machine.Others(), cpu_seconds(front.containers), cpu_seconds([database])
    load = ask()
    used = cpu_seconds(front.containers) - servers
    ours = used + load.cpu_seconds + cpu_seconds([database]) - stored
    return _Reading(load=load, cpu_seconds=used, noisy=others.cores(ours) > machine.OTHERS_CORES)


def _steady(fronts: dict[str, Front], measures: Measures, say: Say) -> None:
    most = measures.spread("serving.database_rps", OURS)
    if most is None:
        return
    rate = round(most.median * STEADY_SHARE)
    measures.add("serving.steady_rps", OURS, rate)
    for number in range(STEADY_ROUNDS):
        say(f"{rate} requests a second, round {number + 1} of {STEADY_ROUNDS}")
        for subject in (OURS, "testdriven"):
            others = machine.Others()
            before = cpu_seconds(fronts[subject].containers)
            report = open_loop_run.run(fronts[subject].url + "/", rate=rate, seconds=STEADY_SECONDS, cpu=last_cpu())
            used = cpu_seconds(fronts[subject].containers) - before
            noisy = others.cores(used + report.cpu_seconds) > 2 * machine.OTHERS_CORES
            measures.add("serving.steady_failed", subject, report.failed, noisy=noisy)
            if report.p99_ms is not None:
                measures.add("serving.steady_p99_ms", subject, report.p99_ms, noisy=noisy)
