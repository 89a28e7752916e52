"""The proxy: headers it trusts, lines it logs, answers it gives without an application, limits it sets."""

import contextlib
import json
import re
import select
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.docker.site import ECHO, Site, client, docker, eventually

pytestmark = pytest.mark.containers


ANYWHERE = "10.0.0.0/8, 172.16.0.0/12,192.168.0.0/16"
"""Docker's networks, from which the tests' requests come."""


def arrived(network: Site, headers: Any, scheme: str = "https", **environment: str) -> dict[str, str]:
    """Headers that reach the application for a request with these headers."""
    proxy, plain, tls = network.proxy(**environment)
    with client(tls if scheme == "https" else plain, scheme) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        found: dict[str, str] = visitor.get("/", headers=headers).json()
    seen = f'"client":"{found["x-forwarded-for"]}"', f'"scheme":"{found["x-forwarded-proto"]}"'
    # The line of the last request may come after its answer.
    assert eventually(lambda: all(part in docker("logs", proxy).stdout.splitlines()[-1] for part in seen), 5)
    return found


FORWARDED = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
CLAIMS = [
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Original-URL",
    "X-Rewrite-URL",
    "Forwarded",
    "Via",
    "Proxy",
]
"""Headers by which a visitor can claim an address, a scheme, a host or a path."""


def test_a_visitor_cannot_forge_address_scheme_or_host(network: Site) -> None:
    found = arrived(network, FORWARDED | dict.fromkeys(CLAIMS, "198.51.100.9"), scheme="http")
    assert found["x-forwarded-proto"] == "http"
    assert found["x-forwarded-for"] != "198.51.100.9"
    assert "," not in found["x-forwarded-for"]
    assert not [name for name in CLAIMS if name.lower() in found]


def test_a_load_balancer_is_believed_what_it_appended_and_nothing_before(network: Site) -> None:
    found = arrived(network, FORWARDED, "http", TRUSTED_PROXIES=ANYWHERE)
    assert (found["x-forwarded-proto"], found["x-forwarded-for"]) == ("https", "198.51.100.9")


@pytest.mark.parametrize(
    ("given", "believed"),
    [
        # A visitor inside of the load balancer's range, as on the embedded cloud, with a forged entry.
        ("203.0.113.7, 10.20.0.1", "10.20.0.1"),
        ("10.20.0.5, 203.0.113.7, 10.20.0.1", "10.20.0.1"),
        ("203.0.113.7 ,10.20.0.1", "10.20.0.1"),
        ("evil, 2001:db8:0:1::9", "2001:db8:0:1::9"),
        # Without an address at its end the header says nothing.
        ("203.0.113.7, evil", ""),
        ("203.0.113.7,", ""),
        ("203.0.113.7:4711", ""),
    ],
)
def test_only_the_last_address_counts(behind: httpx.Client, given: str, believed: str) -> None:
    found = behind.get("/", headers={"X-Forwarded-For": given}).json()["x-forwarded-for"]
    assert found == believed or (not believed and found.startswith(("10.", "172.", "192.168.")))


def test_of_several_headers_the_last_address_counts(behind: httpx.Client) -> None:
    several = [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-For", "203.0.113.8, 198.51.100.9")]
    assert behind.get("/", headers=several).json()["x-forwarded-for"] == "198.51.100.9"


CDN = "192.0.2.0/24,2001:db8:cd::/48"


@pytest.mark.parametrize(
    ("given", "believed"),
    [
        ("203.0.113.7, 198.51.100.9", "198.51.100.9"),
        ("203.0.113.7, 198.51.100.9, 192.0.2.8", "198.51.100.9"),
        ("203.0.113.7, 198.51.100.9, 2001:db8:cd::8", "198.51.100.9"),
        ("203.0.113.7, 198.51.100.9, 192.0.2.9, 192.0.2.8", "198.51.100.9"),
        # The load balancer's own range is no CDN: the address that it saw is the visitor's.
        ("203.0.113.7, 10.20.0.1", "10.20.0.1"),
        ("192.0.2.8", "192.0.2.8"),
        ("evil, 192.0.2.8", "192.0.2.8"),
        ("198.51.100.9, evil, 192.0.2.8", "192.0.2.8"),
    ],
)
def test_behind_a_cdn_the_address_that_it_saw_counts(behind_a_cdn: httpx.Client, given: str, believed: str) -> None:
    assert behind_a_cdn.get("/", headers={"X-Forwarded-For": given}).json()["x-forwarded-for"] == believed


@pytest.fixture(scope="module")
def behind(network: Site) -> Iterator[httpx.Client]:
    """A visitor of a proxy whose connections come from a load balancer."""
    _, _, tls = network.proxy(TRUSTED_PROXIES=ANYWHERE)
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        yield visitor


@pytest.fixture(scope="module")
def behind_a_cdn(network: Site) -> Iterator[httpx.Client]:
    """A visitor of a proxy whose load balancer has a CDN in front."""
    _, _, tls = network.proxy(TRUSTED_PROXIES=ANYWHERE, CDN_NETWORKS=CDN)
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        yield visitor


def test_a_forged_address_is_no_way_around_the_limits(network: Site) -> None:
    _, _, tls = network.proxy(TRUSTED_PROXIES=ANYWHERE, CDN_NETWORKS=CDN)
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/account/login/").status_code == 200)
        answers = [
            visitor.post("/account/login/", headers={"X-Forwarded-For": f"203.0.113.{number}, 10.20.0.1"})
            for number in range(30)
        ]
    assert answers[-1].status_code == 429


def test_the_host_arrives_with_its_port(network: Site) -> None:
    _, _, tls = network.proxy()
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        assert visitor.get("/").json()["host"] == f"localhost:{tls}"


def test_behind_a_load_balancer_that_sets_hsts_the_proxy_does_not(network: Site) -> None:
    _, _, tls = network.proxy()
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        for path in ("/", "/static/none.css"):
            assert "strict-transport-security" not in visitor.get(path).headers


def test_connections_to_the_application_stay_open(network: Site) -> None:
    _, _, tls = network.proxy()
    numbers = set()
    for _ in range(5):
        with client(tls) as visitor:
            assert eventually(lambda: visitor.get("/").status_code == 200)
            numbers.add(visitor.get("/").json()["connection-number"])
    assert len(numbers) == 1


def test_a_request_id_is_generated_or_passed_on_and_logged(network: Site) -> None:
    proxy, _, tls = network.proxy()
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/healthz").status_code == 200)
        made = visitor.get("/made")
        given = visitor.get("/given", headers={"X-Request-ID": "0123456789-abcdef"})
        wrong = visitor.get("/wrong", headers={"X-Request-ID": 'x" injected'})
    assert re.fullmatch("[0-9a-f]{32}", made.headers["x-request-id"])
    assert made.json()["x-request-id"] == made.headers["x-request-id"]
    assert given.headers["x-request-id"] == given.json()["x-request-id"] == "0123456789-abcdef"
    assert re.fullmatch("[0-9a-f]{32}", wrong.headers["x-request-id"])

    lines = [json.loads(line) for line in docker("logs", proxy).stdout.splitlines()]
    assert [line["uri"] for line in lines] == ["/made", "/given", "/wrong"], "health checks are not logged"
    assert lines[1]["request_id"] == "0123456789-abcdef"
    assert (lines[1]["status"], lines[1]["scheme"]) == (200, "https")


def test_a_link_that_sets_a_password_is_not_logged(network: Site) -> None:
    proxy, _, tls = network.proxy()
    link = "/account/password/reset/MQ/die7kj-0fc0d6620eb0d4ee/"
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/healthz").status_code == 200)
        visitor.get(link)
        visitor.get("/next", headers={"Referer": f"https://localhost:{tls}{link}"})
    log = docker("logs", proxy).stdout
    assert "die7kj" not in log
    assert '"uri":"/account/password/reset/..."' in log


def test_it_is_not_logged_while_the_application_is_down(network: Site) -> None:
    proxy, _, tls = network.proxy(UPSTREAM="127.0.0.1:9")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/other").status_code == 503)
        assert visitor.get("/account/password/reset/MQ/die7kj-0fc0d6620eb0d4ee/").status_code == 503
    logs = docker("logs", proxy)
    assert "GET /other" in logs.stderr, "the reason of other errors is logged"
    assert "die7kj" not in logs.stdout + logs.stderr


def test_while_the_application_is_down_visitors_get_a_503_with_retry_after(network: Site) -> None:
    _, _, tls = network.proxy(UPSTREAM="127.0.0.1:9")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 503)
        page, data, form = (
            visitor.get("/"),
            visitor.get("/api/movies/"),
            visitor.post("/account/login/", data={"a": "b"}),
        )
    assert "We are back in a moment." in page.text
    assert data.json() == {"error": {"status": 503, "message": "We are back in a moment."}}
    for answer in (page, data, form):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"


def test_an_application_that_never_answers_is_given_up_with_a_page_of_its_own(network: Site) -> None:
    silent = "import socket, time; s = socket.create_server(('0.0.0.0', 8005)); time.sleep(60)"
    network.run("web", name="silent", command=("python", "-c", silent))
    _, _, tls = network.proxy(UPSTREAM="silent:8005", REQUEST_TIMEOUT="1")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/static/none.css").status_code == 404)
        page = visitor.get("/")
    assert page.status_code == 504
    assert "This took too long. Please try again." in page.text
    assert (page.headers["cache-control"], page.headers["x-frame-options"]) == ("no-store", "DENY")
    assert "retry-after" not in page.headers


def test_several_applications_share_the_load(network: Site) -> None:
    network.run("web", name="web2", command=("python", "-c", ECHO))
    proxy, _, tls = network.proxy(UPSTREAM="web:8005,web2:8005")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        for _ in range(4):
            visitor.get("/")
    upstreams = {json.loads(line)["upstream"] for line in docker("logs", proxy).stdout.splitlines()}
    assert len({upstream for upstream in upstreams if "," not in upstream}) == 2


def test_applications_that_come_and_go_under_one_name_are_found(network: Site) -> None:
    first = network.run("web", name="moving", command=("python", "-c", ECHO))
    proxy, _, tls = network.proxy(UPSTREAM="moving:8005")

    def upstreams(number: int = 8) -> set[str]:
        for _ in range(number):
            assert visitor.get("/").status_code == 200
        lines = docker("logs", proxy).stdout.splitlines()[-number:]
        return {json.loads(line)["upstream"].split(":")[0] for line in lines}

    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        second = network.run("web", name="moving", command=("python", "-c", ECHO))
        both = {network.address(first), network.address(second)}
        assert eventually(lambda: upstreams() == both, 15)
        docker("rm", "--force", first)
        # A request to the stopped one is repeated at the other, so no visit fails.
        assert eventually(lambda: upstreams() == {network.address(second)}, 15)


def test_a_head_that_never_ends_only_holds_its_own_connection(network: Site) -> None:
    _, plain, tls = network.proxy()
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        with contextlib.ExitStack() as slow:
            connections = [slow.enter_context(socket.create_connection(("localhost", plain))) for _ in range(50)]
            began = time.monotonic()
            for connection in connections:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
            assert visitor.get("/").status_code == 200
            connections[0].settimeout(20)
            assert connections[0].recv(1000) == b"" or time.monotonic() - began < 15
            assert 8 < time.monotonic() - began < 15


def test_passwords_are_not_tried_faster_than_a_person_types(network: Site) -> None:
    _, _, tls = network.proxy()
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/account/login/").status_code == 200)
        answers = [visitor.post("/account/login/") for _ in range(30)]
        assert visitor.get("/account/login/").status_code == 200, "opening the form is no attempt"
    # The echo answers no POST.
    assert {answer.status_code for answer in answers[:20]} == {501}
    refused = answers[-1]
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    assert "Please wait a minute." in refused.text


def test_a_network_of_ipv6_is_one_visitor(network: Site) -> None:
    _, _, tls = network.proxy(TRUSTED_PROXIES=ANYWHERE)
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/account/login/").status_code == 200)

        def attempt(address: str) -> int:
            return visitor.post("/account/password/reset/", headers={"X-Forwarded-For": address}).status_code

        answers = [attempt(f"2001:db8:1:2:{number:x}::1") for number in range(30)]
        assert (answers[0], answers[-1]) == (501, 429)
        assert attempt("2001:db8:1:3::1") == 501, "another network"
        # The same network in the two ways of writing it.
        answers = [attempt(f"2001:db8::{number:x}:0:0:1") for number in range(1, 31)]
        assert (answers[0], answers[-1]) == (501, 429)
        assert attempt("198.51.100.9") == attempt("198.51.100.10") == 501


def test_only_the_profile_takes_more_than_a_form(network: Site) -> None:
    _, _, tls = network.proxy()
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        assert visitor.post("/account/login/", content=b"x" * 1_200_000).status_code == 413
        # The echo answers no POST, and may close the connection before the end of the body.
        assert visitor.post("/account/profile/", content=b"x" * 4_500_000).status_code in (501, 503)
        assert visitor.post("/account/profile/", content=b"x" * 6_000_000).status_code == 413


HEAD = "POST /account/profile/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {}\r\nContent-Length: 5000000\r\n\r\n"


def test_pictures_that_never_arrive_leave_room_for_the_other_visitors(network: Site) -> None:
    proxy, plain, tls = network.proxy("--tmpfs", "/tmp:size=128m", TRUSTED_PROXIES=ANYWHERE)  # noqa: S108
    with client(tls) as visitor, contextlib.ExitStack() as slow:
        assert eventually(lambda: visitor.get("/").status_code == 200)

        def upload(address: str) -> socket.socket:
            connection = slow.enter_context(socket.create_connection(("localhost", plain)))
            connection.sendall(HEAD.format(address).encode() + b"x" * 4_900_000)
            return connection

        def refused(connections: list[socket.socket]) -> int:
            return len(select.select(connections, [], [], 0)[0])

        one = [upload("198.51.100.9") for _ in range(6)]
        assert eventually(lambda: refused(one) == 2), "four at a time of one visitor"
        many = [upload(f"198.51.100.{number}") for number in range(10, 20)]
        assert eventually(lambda: refused(many) == 2), "twelve at a time of all"
        assert all(b" 429 " in connection.recv(1000) for connection in select.select(one + many, [], [], 0)[0])
        # What is left of the tmpfs is enough for everything else.
        assert visitor.get("/").status_code == 200
        assert visitor.post("/account/login/", content=b"x" * 60_000).status_code in (501, 503)
    assert "No space left" not in docker("logs", proxy).stderr
