"""S1 to S5: CPU time per request, requests per second, and the 99th percentile of response times."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import machine
from bench.builds import Built
from bench.load import ClosedLoad, Vegeta, run_wrk
from bench.samples import OURS, Measures
from bench.sandbox import cpu_seconds, open_sandbox
from bench.servers import CACHED, Server, Servers
from local.runtime import OperatorError
from local.setup.packages import Wrk
from local.setup.steps import Reporter

ROUNDS = 5
SECONDS = 2
WARM_UP_SECONDS = 1
CONNECTIONS = 16
STEADY_ROUNDS = 3
STEADY_SECONDS = 5.0
STEADY_SHARE = 0.6
"""Share of the rate that ours reaches."""
BROWSER = {"Accept-Encoding": "gzip, deflate, br"}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One page of one server."""

    measure: str
    subject: str
    server: Server
    path: str
    compressed: bool = False


def measure(built: Built, base_images: dict[str, str], folder: Path, report: Reporter) -> Measures:
    """Load in rounds, each in another order. Servers run on the first CPU, load and database on the last."""
    if Wrk.program() is None:
        raise OperatorError("serving: wrk is missing. Install it (on Debian and Ubuntu: apt-get install wrk).")
    measures = Measures()
    with open_sandbox() as sandbox:
        report("starting every server")
        database = sandbox.start_database(base_images["postgres"], folder, cpuset_cpus=str(last_cpu()))
        servers = Servers(sandbox, built, base_images, cpu="0")
        started = servers.start()
        cells = _cells(started, servers.static_path())
        report("warming up")
        for cell in cells:
            _probe(cell, measures)
            _ask(cell, WARM_UP_SECONDS)
        for number in range(ROUNDS):
            report(f"round {number + 1} of {ROUNDS}: {len(cells)} times {SECONDS} s")
            for cell in _rotated(cells, number):
                # Refills the page cache, which expires between rounds: otherwise all connections wait for one answer.
                _probe(cell, measures)
                _load(cell, database, measures)
        _steady(started, measures, report)
    return measures


def last_cpu() -> int:
    """The CPU of the load generator."""
    return (os.cpu_count() or 1) - 1


def _cells(servers: dict[str, Server], static: str) -> list[Cell]:
    cells = []
    for subject, server in servers.items():
        if subject != CACHED:
            cells.append(Cell(measure="page", subject=subject, server=server, path="/account/login/"))
            cells.append(Cell(measure="database", subject=subject, server=server, path="/"))
            cells.append(Cell(measure="static", subject=subject, server=server, path=static, compressed=True))
    cells.append(Cell(measure="microcache", subject=OURS, server=servers[CACHED], path="/"))
    return cells


def _rotated(cells: list[Cell], by: int) -> list[Cell]:
    start = by * len(cells) // ROUNDS
    return cells[start:] + cells[:start]


def _probe(cell: Cell, measures: Measures) -> None:
    """Check the answer, and note the bytes of the static file as they travel."""
    headers = {"Host": "localhost", **(BROWSER if cell.compressed else {"Accept-Encoding": "identity"})}
    with httpx.stream("GET", cell.server.url + cell.path, headers=headers, timeout=20, trust_env=False) as answer:
        answer.read()
    if answer.status_code != 200:
        raise OperatorError(f"serving: {cell.subject} answers {cell.path} with {answer.status_code}, not 200.")
    if cell.measure == "static":
        measures.add("serving.static_bytes", cell.subject, answer.num_bytes_downloaded)


def _load(cell: Cell, database: object, measures: Measures) -> None:
    reading = _read(lambda: _ask(cell, SECONDS), cell.server, database)
    wrong = reading.load.failed + reading.load.refused
    if wrong or not reading.load.requests:
        # One wrong answer voids the round: errors cost less CPU than answers.
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
            # The page cache is compared with the same page without it.
            measures.add(f"serving.microcache_{unit}", "uncached", value, noisy=reading.noisy)


def _ask(cell: Cell, seconds: int) -> ClosedLoad:
    headers = BROWSER if cell.compressed else {}
    url = cell.server.url + cell.path
    return run_wrk(url, seconds=seconds, connections=CONNECTIONS, cpu=last_cpu(), headers=headers)


@dataclass(frozen=True, kw_only=True)
class _Reading:
    load: ClosedLoad
    cpu_seconds: float
    noisy: bool


def _read(ask: Callable[[], ClosedLoad], server: Server, database: object) -> _Reading:
    others, servers, stored = machine.OtherLoad(), cpu_seconds(server.containers), cpu_seconds([database])
    load = ask()
    used = cpu_seconds(server.containers) - servers
    ours = used + load.cpu_seconds + cpu_seconds([database]) - stored
    return _Reading(load=load, cpu_seconds=used, noisy=others.cores(ours) > machine.OTHERS_CORES)


def _steady(servers: dict[str, Server], measures: Measures, report: Reporter) -> None:
    most = measures.spread("serving.database_rps", OURS)
    if most is None:
        return
    rate = round(most.median * STEADY_SHARE)
    measures.add("serving.steady_rps", OURS, rate)
    for number in range(STEADY_ROUNDS):
        report(f"{rate} requests a second, round {number + 1} of {STEADY_ROUNDS}")
        for subject in (OURS, "testdriven"):
            others = machine.OtherLoad()
            before = cpu_seconds(servers[subject].containers)
            load = Vegeta(f"{servers[subject].url}/", rate=rate, seconds=STEADY_SECONDS, cpu=last_cpu()).finish()
            used = cpu_seconds(servers[subject].containers) - before
            noisy = others.cores(used + load.cpu_seconds) > 2 * machine.OTHERS_CORES
            measures.add("serving.steady_failed", subject, load.failed, noisy=noisy)
            measures.add("serving.steady_p99_ms", subject, load.p99_ms, noisy=noisy)
