"""Limits of an Application Load Balancer, as visitors meet them (ELB guide, "Quotas for your ALBs")."""

import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from embedded_cloud.agents.elb.limits import refuse_requests
from embedded_cloud.testing.polling import wait_until
from support.front import Front, running_front
from support.tunnel import tunnel

KIB = 1024


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture
def visitor(front: Front) -> Iterator[httpx.Client]:
    with front.http_client() as client:
        yield client


def test_only_the_strictest_mode_has_rules_of_its_own() -> None:
    assert list(refuse_requests("monitor")) == list(refuse_requests("defensive"))
    assert len(list(refuse_requests("strictest"))) == len(list(refuse_requests("defensive"))) + 2


@pytest.mark.containers
@pytest.mark.parametrize("protocol", ["http1.1", "http2"])
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/" + "a" * (16 * KIB - 15), {}, 200),
        ("/" + "a" * (16 * KIB), {}, 414),
        ("/" + "a" * (60 * KIB), {}, 414),
        ("/", {"X-Long": "a" * (16 * KIB - 10)}, 200),
        ("/", {"X-Long": "a" * (16 * KIB)}, 400),
        ("/", {f"X-Long-{number}": "a" * 15_000 for number in range(4)}, 200),
        ("/", {f"X-Long-{number}": "a" * 15_000 for number in range(5)}, 400),
        ("/", {"X-Forwarded-For": ", ".join(["10.0.0.1"] * 30)}, 200),
        ("/", {"X-Forwarded-For": ", ".join(["10.0.0.1"] * 31)}, 463),
        ("/large", {}, 502),
    ],
    ids=[
        "a request line of 16 KB",
        "a longer one",
        "one of 60 KB",
        "a header of 16 KB",
        "a longer header",
        "headers of 60 KB",
        "headers of 75 KB",
        "30 forwarded addresses",
        "31 forwarded addresses",
        "an answer with headers of more than 32 KB",
    ],
)
def test_what_is_too_large_is_refused(
    front: Front, protocol: str, path: str, headers: dict[str, str], status: int
) -> None:
    if protocol == "http2" and sum(map(len, headers.values())) > 64 * KIB:
        pytest.skip("curl sends no such request")
    found, server = front.curl(path, headers, protocol)
    assert found == str(status)
    assert (server == "awselb/2.0") == (status != 200)


@pytest.mark.containers
def test_a_request_may_have_many_headers(front: Front) -> None:
    many = {f"X-{number}": "a" for number in range(500)}
    assert httpx.get(f"http://localhost:{front.config.http_port}/", headers=many).status_code == 301


@pytest.mark.containers
def test_a_malformed_request_is_refused(front: Front) -> None:
    assert front.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.containers
def test_the_strictest_mode_refuses_what_rfc_7230_does_not_have(front: Front, visitor: httpx.Client) -> None:
    requests: list[dict[str, object]] = [
        {"headers": {"Content-Length": "0"}},
        {"headers": {"X-Name": "Zoë".encode()}},
        {"headers": {"content_length": "3"}},
    ]
    assert [visitor.request("GET", "/", **one).status_code for one in requests] == [200, 200, 200]  # type: ignore[arg-type]
    front.set_attributes(routing__http__desync_mitigation_mode="strictest")
    wait_until(lambda: visitor.request("GET", "/", headers={"Content-Length": "0"}).status_code == 400, 30)
    assert [visitor.request("GET", "/", **one).status_code for one in requests] == [400, 400, 400]  # type: ignore[arg-type]
    assert visitor.get("/").status_code == 200
    assert visitor.post("/", content=b"x").status_code == 200
    front.set_attributes(routing__http__desync_mitigation_mode="defensive")
    wait_until(lambda: visitor.request("GET", "/", headers={"Content-Length": "0"}).status_code == 200, 30)


@pytest.mark.containers
def test_the_target_learns_version_and_suite_when_asked(front: Front, visitor: httpx.Client) -> None:
    spoofed = {"X-Amzn-Tls-Version": "none"}
    front.set_attributes(routing__http__x_amzn_tls_version_and_cipher_suite__enabled="true")
    wait_until(lambda: "x-amzn-tls-cipher-suite" in visitor.get("/").text, 30)
    lines = visitor.get("/", headers=spoofed).text.splitlines()
    assert "x-amzn-tls-version: TLSv1.2" in lines
    assert any(line.startswith("x-amzn-tls-cipher-suite: ECDHE-RSA-AES") for line in lines)


@pytest.mark.containers
def test_a_connection_ends_with_the_first_answer_after_its_longest_life(front: Front) -> None:
    # The API takes 60 seconds and more.
    front.cloud.context.backend("elbv2").load_balancers[front.load_balancer].attrs["client_keep_alive.seconds"] = "2"
    front.wait_until_configured("sub(sess.began) ge 2 ")
    with front.http_client() as visitor:
        assert "connection" not in visitor.get("/").headers
        time.sleep(2.5)
        assert visitor.get("/").headers["connection"] == "close"
        assert "connection" not in visitor.get("/").headers
    front.set_attributes(client_keep_alive__seconds="3600")


@pytest.mark.containers
@pytest.mark.parametrize("reloaded", [False, True], ids=["in the present worker", "in a former worker"])
def test_the_end_of_the_deregistration_delay_breaks_a_websocket(front: Front, reloaded: bool) -> None:
    """ECS developer guide, "Load balancer connection draining". The delay of this target group is 5 s."""
    with tunnel(front) as opened:
        if reloaded:
            front.set_attributes(client_keep_alive__seconds="7200")
            front.wait_until_configured("sub(sess.began) ge 7200 ")
        front.elbv2.deregister_targets(TargetGroupArn=front.target_group, Targets=front.target)
        began = time.monotonic()
        opened.sendall(b"hi")
        assert opened.recv(2) == b"HI"
        with suppress(ConnectionError):
            assert opened.recv(1) == b""
        assert 4 < time.monotonic() - began < 15
    front.register()
    with front.http_client() as visitor:
        wait_until(lambda: visitor.get("/").status_code == 200, 30)
