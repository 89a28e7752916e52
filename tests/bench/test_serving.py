"""Each round requests every page of every server in another order; a wrong answer voids a measurement."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bench import machine, serving
from bench.load import ClosedLoad
from bench.samples import OURS, Measures
from bench.servers import CACHED, Server

GOOD = ClosedLoad(requests=1000, seconds=2.0, failed=0, refused=0, p99_ms=9, cpu_seconds=0.1)
SUBJECTS = (OURS, CACHED, "peer")


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> list[serving.Cell]:
    """Cells of servers that use half a second of CPU in each round."""
    used = iter(range(1000))
    monkeypatch.setattr(serving, "cpu_seconds", lambda containers: next(used) / 2 if containers == ["web"] else 0.0)
    servers = {name: Server(url=f"http://{name}", containers=["web"]) for name in SUBJECTS}
    return serving._cells(servers, "/static/base.css")


def load(cell: serving.Cell, answer: ClosedLoad, monkeypatch: pytest.MonkeyPatch) -> Measures:
    asked: list[dict[str, Any]] = []

    def run(url: str, **options: Any) -> ClosedLoad:
        asked.append({"url": url, **options})
        return answer

    monkeypatch.setattr(serving, "run_wrk", run)
    monkeypatch.setattr(machine, "OtherLoad", lambda: SimpleNamespace(cores=lambda _ours: 0.0))
    measures = Measures()
    serving._load(cell, "database", measures)
    assert [one["url"] for one in asked] == [cell.server.url + cell.path]
    return measures


def test_page_database_page_and_static_file_of_each_side_and_the_cache_of_ours(cells):
    assert {(cell.measure, cell.subject) for cell in cells} == {
        *((measure, subject) for measure in ("page", "database", "static") for subject in (OURS, "peer")),
        ("microcache", OURS),
    }
    assert {cell.server.url for cell in cells if cell.measure == "microcache"} == {f"http://{CACHED}"}


def test_each_round_requests_all_cells_and_starts_with_another(cells):
    orders = [serving._rotated(cells, number) for number in range(serving.ROUNDS)]
    assert all(sorted(map(id, order)) == sorted(map(id, cells)) for order in orders)
    assert len({id(order[0]) for order in orders}) == serving.ROUNDS


def test_cpu_is_divided_by_the_requests(cells, monkeypatch):
    page = next(cell for cell in cells if (cell.measure, cell.subject) == ("page", "peer"))
    measures = load(page, GOOD, monkeypatch)
    assert measures.samples["serving.page_cpu_ms"]["peer"][0].value == 0.5
    assert measures.samples["serving.page_rps"]["peer"][0].value == 500


def test_the_cache_is_compared_with_the_same_page_without_it(cells, monkeypatch):
    page = next(cell for cell in cells if (cell.measure, cell.subject) == ("database", OURS))
    measures = load(page, GOOD, monkeypatch)
    assert measures.samples["serving.microcache_rps"]["uncached"] == measures.samples["serving.database_rps"][OURS]


@pytest.mark.parametrize("wrong", [{"refused": 1}, {"failed": 1}, {"requests": 0}])
def test_a_wrong_answer_voids_the_round(cells, monkeypatch, wrong):
    measures = load(cells[0], replace(GOOD, **wrong), monkeypatch)
    assert set(measures.samples) == {f"serving.{cells[0].measure}_failed"}
