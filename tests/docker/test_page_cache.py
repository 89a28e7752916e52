"""The page cache keeps pages for a second: only if it is switched on, only for visitors without a cookie."""

import concurrent.futures
import json
import time

import httpx
import pytest

from tests.docker.site import TRUSTING, Site, client, docker, eventually

pytestmark = pytest.mark.containers

# Every answer differs; some set a cookie, some are private.
COUNTER = """
import http.server, itertools, time
numbers = itertools.count()
class Counter(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if "slow" in self.path: time.sleep(0.5)
        body = str(next(numbers)).encode()
        self.send_response(200)
        if "cookie" in self.path: self.send_header("Set-Cookie", "a=b")
        if "private" in self.path: self.send_header("Cache-Control", "private")
        self.send_header("Vary", "Cookie")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *arguments): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 8005), Counter).serve_forever()
"""


@pytest.fixture(scope="module")
def counted(network: Site) -> Site:
    """The network, with the counter as another application."""
    network.run("web", name="counter", command=("python", "-c", COUNTER))
    return network


@pytest.fixture(scope="module")
def port(counted: Site) -> int:
    _, _, tls = counted.proxy(UPSTREAM="counter:8005", PAGE_CACHE="true")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/cookie").status_code == 200)
    return tls


def texts(port: int, address: str, headers: dict[str, str] | None = None) -> list[str]:
    """Three answers within a second."""
    with client(port) as visitor:
        found = []
        for _ in range(3):
            found.append(visitor.get(address, headers=headers).text)
            visitor.cookies.clear()
        return found


def test_a_page_is_kept_for_a_second(port: int) -> None:
    # The second may end between two requests, but not twice in a row.
    assert any(len(set(texts(port, "/page"))) == 1 for _ in range(2))
    before = texts(port, "/page")[-1]
    time.sleep(1.1)
    # The next visitor gets the old page while nginx fetches the new one.
    assert eventually(lambda: texts(port, "/page")[0] != before, 3)


def test_each_address_and_host_has_a_page_of_its_own(port: int) -> None:
    assert len({texts(port, address)[0] for address in ("/one", "/two", "/two?page=1")}) == 3
    assert texts(port, "/one", headers={"Host": "a.test"})[0] != texts(port, "/one", headers={"Host": "b.test"})[0]


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/known", {"Cookie": "sessionid=x"}),
        ("/known", {"Authorization": "Basic x"}),
        ("/cookie", {}),
        ("/private", {}),
    ],
)
def test_personal_pages_are_not_kept(port: int, address: str, headers: dict[str, str]) -> None:
    assert len(set(texts(port, address, headers=headers))) == 3


def test_a_kept_page_is_not_given_to_someone_with_a_cookie(port: int) -> None:
    kept = texts(port, "/mine")[0]
    assert kept not in texts(port, "/mine", headers={"Cookie": "sessionid=x"})


def test_forms_are_passed_on(port: int) -> None:
    with client(port) as visitor:
        assert len({visitor.post("/form").text for _ in range(3)}) == 3


def test_simultaneous_requests_reach_the_application_once(port: int) -> None:
    def ask(_: int) -> str:
        return httpx.get(f"https://localhost:{port}/slow", verify=TRUSTING, timeout=10).text

    with concurrent.futures.ThreadPoolExecutor(12) as crowd:
        assert len(set(crowd.map(ask, range(12)))) == 1


def test_personal_paths_bypass_the_cache(counted: Site) -> None:
    proxy, _, tls = counted.proxy(UPSTREAM="counter:8005", PAGE_CACHE="true")
    expected = {"/account/sign-up/": "BYPASS", "/admin/": "BYPASS", "/media/public/a.webp": "BYPASS"}
    expected |= {"/accounting": "MISS", "/": "MISS"}
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/account/sign-up/").status_code == 200)
        for address in expected:
            visitor.get(address)

    def logged() -> dict[str, str]:
        lines = [json.loads(line) for line in docker("logs", proxy).stdout.splitlines()]
        return {line["uri"]: line["cache"] for line in lines}

    assert eventually(lambda: len(logged()) == len(expected))
    assert logged() == expected


def test_nothing_is_kept_by_default(counted: Site) -> None:
    proxy, _, tls = counted.proxy(UPSTREAM="counter:8005")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/page").status_code == 200)
    assert len(set(texts(tls, "/page"))) == 3
    assert {json.loads(line)["cache"] for line in docker("logs", proxy).stdout.splitlines()} == {""}
