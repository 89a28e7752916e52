"""The page cache keeps what the application marks as public, if it is switched on, for visitors without a cookie."""

import concurrent.futures
import json
import time

import httpx
import pytest

from tests.docker.site import TRUSTING, Site, client, docker, eventually

pytestmark = pytest.mark.containers

# Every answer differs. Those below /open are public for a second; some set a cookie, some say something else.
COUNTER = """
import http.server, itertools, time
numbers = itertools.count()
CACHE_CONTROL = {
    "open": "public, max-age=0, s-maxage=1", "private": "private, max-age=60", "aged": "max-age=60",
    "publicity": 'max-age=60, x="publicity"', "both": "public, no-store, max-age=60",
}
class Counter(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if "slow" in self.path: time.sleep(0.5)
        body = str(next(numbers)).encode()
        self.send_response(200)
        if "cookie" in self.path: self.send_header("Set-Cookie", "a=b")
        for word, value in CACHE_CONTROL.items():
            if word in self.path: self.send_header("Cache-Control", value)
        self.send_header("Vary", "X-Api-Key" if "varies" in self.path else "Cookie")
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
    assert any(len(set(texts(port, "/open"))) == 1 for _ in range(2))
    before = texts(port, "/open")[-1]
    time.sleep(1.1)
    # The next visitor gets the old page while nginx fetches the new one.
    assert eventually(lambda: texts(port, "/open")[0] != before, 3)


def test_each_address_and_host_has_a_page_of_its_own(port: int) -> None:
    assert len({texts(port, address)[0] for address in ("/open/1", "/open/2", "/open/2?page=1")}) == 3
    first, second = (texts(port, "/open/1", headers={"Host": host})[0] for host in ("a.test", "b.test"))
    assert first != second


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/open/known", {"Cookie": "sessionid=x"}),
        ("/open/known", {"Authorization": "Basic x"}),
        ("/open/cookie", {}),
        ("/private", {}),
        ("/unmarked", {}),
        ("/unmarked", {"X-Api-Key": "one"}),
        ("/aged", {}),
        ("/publicity", {}),
        ("/both", {}),
    ],
)
def test_personal_pages_are_not_kept(port: int, address: str, headers: dict[str, str]) -> None:
    assert len(set(texts(port, address, headers=headers))) == 3


def test_a_kept_page_is_not_given_to_someone_with_a_cookie(port: int) -> None:
    kept = texts(port, "/open/mine")[0]
    assert kept not in texts(port, "/open/mine", headers={"Cookie": "sessionid=x"})


def test_an_answer_for_one_key_is_not_given_to_another(port: int) -> None:
    for address in ("/unmarked", "/open/varies"):
        found = [texts(port, address, headers={"X-Api-Key": key})[0] for key in ("one", "two")]
        assert found[0] != found[1], address


def test_forms_are_passed_on(port: int) -> None:
    with client(port) as visitor:
        assert len({visitor.post("/form").text for _ in range(3)}) == 3


def test_simultaneous_requests_reach_the_application_once(port: int) -> None:
    def ask(_: int) -> str:
        return httpx.get(f"https://localhost:{port}/open/slow", verify=TRUSTING, timeout=10).text

    with concurrent.futures.ThreadPoolExecutor(12) as crowd:
        assert len(set(crowd.map(ask, range(12)))) == 1


def test_personal_paths_bypass_the_cache(counted: Site) -> None:
    proxy, _, tls = counted.proxy(UPSTREAM="counter:8005", PAGE_CACHE="true")
    expected = {"/account/sign-up/": "BYPASS", "/admin/login/": "BYPASS", "/media/public/a.webp": "BYPASS"}
    expected |= {"/accounting/open": "MISS", "/open": "MISS"}
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
        assert eventually(lambda: visitor.get("/open").status_code == 200)
    assert len(set(texts(tls, "/open"))) == 3
    assert {json.loads(line)["cache"] for line in docker("logs", proxy).stdout.splitlines()} == {""}
