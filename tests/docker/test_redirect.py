"""The proxy where TLS ends in it: port 8080 sends visitors on, and a certificate is changed under their requests."""

import concurrent.futures
import time

import pytest

from tests.docker.stand import ECHO, Site, client, docker, eventually

pytestmark = pytest.mark.containers

HOSTS = ("app.test", "www.app.test", "localhost")
SLOW = ECHO.replace("def do_GET(self):", "def do_GET(self):\n        import time; time.sleep(6)")


@pytest.fixture(scope="module")
def ports(network: Site) -> tuple[int, int]:
    _, plain, tls = network.proxy(REDIRECT_HOSTS=",".join((*HOSTS, "a" * 60 + ".app.test")))
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
    return plain, tls


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/static/site.css?v=1", "/account/login/?next=/a%20b", "//evil.test/"]
)
def test_every_plain_request_is_sent_to_the_same_address_over_https(
    ports: tuple[int, int], method: str, host: str, path: str
) -> None:
    with client(ports[0], "http") as visitor:
        answer = visitor.request(method, f"http://localhost:{ports[0]}{path}", headers={"Host": f"{host}:8080"})
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{host}{path}"
    assert "strict-transport-security" not in answer.headers, "browsers ignore it there, and it would be a lie"


@pytest.mark.parametrize("host", ["evil.test", "app.test.evil.test", "127.0.0.1", "_"])
def test_a_host_that_is_not_the_sites_sends_nobody_anywhere(ports: tuple[int, int], host: str) -> None:
    with client(ports[0], "http") as visitor:
        answer = visitor.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_over_tls_the_application_answers_whatever_the_host(ports: tuple[int, int]) -> None:
    with client(ports[1]) as visitor:
        assert visitor.get("/", headers={"Host": "evil.test"}).json()["host"] == "evil.test"


def test_a_container_that_redirects_is_healthy(network: Site) -> None:
    proxy, _, _ = network.proxy(REDIRECT_HOSTS="app.test")
    assert eventually(lambda: docker("exec", proxy, "/usr/local/bin/healthcheck", check=False).returncode == 0)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("exec",), ("nginx", "-c", "/etc/nginx/preqly/nginx.conf", "-s", "reload")),
        (("stop", "--time", "15"), ()),
    ],
    ids=["reload", "stop"],
)
def test_a_request_that_has_begun_ends_whole(network: Site, command: tuple[str, ...], words: tuple[str, ...]) -> None:
    network.run("web", name="slow", command=("python", "-c", SLOW))
    proxy, _, tls = network.proxy(UPSTREAM="slow:8005", SHUTDOWN_SECONDS="10")
    with client(tls) as visitor, concurrent.futures.ThreadPoolExecutor() as pool:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        answer = pool.submit(visitor.get, "/")
        time.sleep(1)
        docker(*command, proxy, *words)
        assert answer.result().status_code == 200
