"""vegeta sends at a fixed rate, and every answer other than 200 is a failed request."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from bench.load import Vegeta, read_report
from local.setup import vegeta


def test_a_report_counts_everything_but_200_as_failed() -> None:
    codes = {"200": 97, "0": 1, "302": 1, "503": 1}
    found = read_report({"requests": 100, "status_codes": codes, "latencies": {"99th": 12_500_000}}, cpu_seconds=0.5)
    assert (found.requests, found.failed, found.p99_ms, found.cpu_seconds) == (100, 3, 12.5, 0.5)
    assert found.failures == {"0": 1, "302": 1, "503": 1}


class Redirect(http.server.BaseHTTPRequestHandler):
    """Answers the host `bench.test` with 200, others with a redirect."""

    protocol_version = "HTTP/1.1"

    requested = threading.Event()

    def do_GET(self) -> None:
        self.requested.set()
        self.send_response(200 if self.headers["Host"] == "bench.test" else 302)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    if vegeta.program() is None:
        pytest.skip("vegeta is not built here; `make bench` builds it")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirect) as server:
        Redirect.requested.clear()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_requests_go_out_at_the_rate_and_to_the_host(url: str) -> None:
    found = Vegeta(url, host="bench.test", rate=50, seconds=0.2).finish()
    # A busy machine sends the last ones after the end.
    assert 5 <= found.requests <= 10
    assert found.failed == 0


def test_a_redirect_is_a_failed_request(url: str) -> None:
    found = Vegeta(url, rate=50, seconds=0.1).finish()
    assert found.failures == {"302": found.requests}


def test_without_an_end_it_sends_until_it_is_stopped(url: str) -> None:
    load = Vegeta(url, host="bench.test", rate=200)
    assert Redirect.requested.wait(10)
    assert load.finish(stop=True).failed == 0
