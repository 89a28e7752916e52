"""A load balancer on a real HAProxy, as clients and targets see it."""

import time
from collections.abc import Iterator

import httpx
import pytest

from embedded_cloud.testing.polling import wait_until
from support.ecs_cluster import EcsCluster, running_cluster
from support.tunnel import http2_settings, idle_seconds, tunnel
from support.web_service import serving

pytestmark = pytest.mark.containers


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsCluster]:
    with running_cluster(tmp_path_factory.mktemp("cloud")) as made:
        made.create_service("web", made.register(serving("one")), count=1)
        made.wait_until_completed("web")
        # The target is healthy a moment before HAProxy sends it requests.
        with made.http_client() as client:
            wait_until(lambda: client.get("/").status_code == 200)
        yield made


def test_the_target_gets_the_forwarding_headers(cluster: EcsCluster) -> None:
    with cluster.http_client() as client:
        seen = dict(_headers(client))
    assert (seen["x-forwarded-proto"], seen["x-forwarded-port"]) == ("https", "443")
    assert seen["x-amzn-trace-id"].startswith("Root=1-")
    assert seen["host"] == f"localhost:{cluster.config.https_port}"


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ([], "{client}"),
        (["203.0.113.9"], "203.0.113.9, {client}"),
        (["203.0.113.9, 10.0.0.1"], "203.0.113.9, 10.0.0.1, {client}"),
        (["203.0.113.9", "198.51.100.7", "10.0.0.1"], "203.0.113.9, 198.51.100.7, 10.0.0.1, {client}"),
    ],
)
def test_one_line_ends_with_the_address_of_the_client(cluster: EcsCluster, sent: list[str], arrived: str) -> None:
    with cluster.http_client() as client:
        assert _forwarded(client, sent) == [arrived.format(client=cluster.cloud.context.docker.gateway)]


@pytest.mark.parametrize(("mode", "arrived"), [("preserve", ["203.0.113.9", "10.0.0.1"]), ("remove", [])])
def test_the_mode_of_the_forwarding_header_applies(cluster: EcsCluster, mode: str, arrived: list[str]) -> None:
    def use(wanted: str) -> None:
        attribute = {"Key": "routing.http.xff_header_processing.mode", "Value": wanted}
        cluster.elbv2.modify_load_balancer_attributes(LoadBalancerArn=cluster.load_balancer, Attributes=[attribute])

    use(mode)
    with cluster.http_client() as client:
        wait_until(lambda: _forwarded(client, ["203.0.113.9", "10.0.0.1"]) == arrived, 90)
        use("append")
        wait_until(lambda: len(_forwarded(client, [])) == 1, 90)


def test_port_80_leads_to_the_published_https_port(cluster: EcsCluster) -> None:
    plain = f"http://localhost:{cluster.config.http_port}"
    answer = httpx.get(f"{plain}/a/b?c=d%20e")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://localhost:{cluster.config.https_port}/a/b?c=d%20e"
    named = httpx.get(f"{plain}/a", headers={"Host": "app.example.com"})
    assert named.headers["location"] == "https://app.example.com:443/a"


def test_the_certificate_covers_the_domain_and_this_machine(cluster: EcsCluster) -> None:
    with cluster.http_client() as client:
        url = f"https://127.0.0.1:{cluster.config.https_port}/"
        for name in ("app.example.com", "localhost"):
            answer = client.get(url, headers={"Host": name}, extensions={"sni_hostname": name})
            assert answer.status_code == 200


def test_a_change_of_a_listener_reaches_clients_without_a_failed_request(cluster: EcsCluster) -> None:
    attribute = {"Key": "routing.http.response.x_content_type_options.header_value", "Value": "nosniff"}
    with cluster.load(2) as load:
        wait_until(lambda: load.requests > 20, 10)
        cluster.elbv2.modify_listener_attributes(ListenerArn=cluster.listener, Attributes=[attribute])
        with cluster.http_client() as client:
            wait_until(lambda: client.get("/").headers.get("x-content-type-options") == "nosniff", 90)
    assert load.failures == []


def test_rules_answer_in_their_order(cluster: EcsCluster) -> None:
    fixed = {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": "keep out"}
    rule = cluster.elbv2.create_rule(
        ListenerArn=cluster.listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/private/*"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
    )["Rules"][0]["RuleArn"]
    with cluster.http_client() as client:
        wait_until(lambda: client.get("/private/x").text == "keep out", 90)
        assert client.get("/private").status_code == 200
        cluster.elbv2.delete_rule(RuleArn=rule)
        wait_until(lambda: client.get("/private/x").status_code == 200, 90)


def test_an_idle_websocket_ends_with_the_idle_timeout_and_one_that_the_server_pings_lives_on(
    cluster: EcsCluster,
) -> None:
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "2"}
    cluster.elbv2.modify_load_balancer_attributes(LoadBalancerArn=cluster.load_balancer, Attributes=[attribute])
    with tunnel(cluster, "1") as pinged:
        pinged.sendall(b"hi")
        assert pinged.recv(2) == b"HI"
    wait_until(lambda: 1.5 < idle_seconds(cluster, longest=4) < 3.5, 60)
    with tunnel(cluster, "1") as pinged:
        began = time.monotonic()
        while time.monotonic() - began < 5:
            assert pinged.recv(1) == b"!"


def test_websockets_are_not_offered_over_http2(cluster: EcsCluster) -> None:
    """A load balancer takes them over HTTP/1.1 (ELB guide, "Listeners for your ALBs"). 8: RFC 8441, section 3."""
    assert 8 not in http2_settings(cluster)


def test_only_this_machine_reaches_the_published_ports(cluster: EcsCluster) -> None:
    (found,) = cluster.docker.containers.list(
        filters={"label": [f"embedded-cloud.name={cluster.config.name}", "embedded-cloud.role=load-balancer"]}
    )
    bindings = found.attrs["NetworkSettings"]["Ports"]
    assert {port: {entry["HostIp"] for entry in entries} for port, entries in bindings.items() if entries} == {
        "80/tcp": {"127.0.0.1"},
        "443/tcp": {"127.0.0.1"},
    }


def test_a_killed_load_balancer_is_started_again(cluster: EcsCluster) -> None:
    (found,) = cluster.docker.containers.list(
        filters={"label": [f"embedded-cloud.name={cluster.config.name}", "embedded-cloud.role=load-balancer"]}
    )
    found.kill()
    with cluster.http_client() as client:
        wait_until(lambda: _answers(client), 90)


def test_a_deleted_load_balancer_leaves_no_container(cluster: EcsCluster) -> None:
    cluster.delete_service("web")
    cluster.elbv2.delete_load_balancer(LoadBalancerArn=cluster.load_balancer)
    filters = {"label": [f"embedded-cloud.name={cluster.config.name}", "embedded-cloud.role=load-balancer"]}
    wait_until(lambda: not cluster.docker.containers.list(all=True, sparse=True, filters=filters), 90)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").status_code == 200
    except httpx.HTTPError:
        return False


def _forwarded(client: httpx.Client, sent: list[str]) -> list[str]:
    """The lines of X-Forwarded-For that the target gets."""
    return [value for name, value in _headers(client, sent) if name == "x-forwarded-for"]


def _headers(client: httpx.Client, forwarded: list[str] | None = None) -> list[tuple[str, str]]:
    text = client.get("/", headers=[("X-Forwarded-For", value) for value in forwarded or []]).text
    return [(name, value) for name, value in (line.split(": ", 1) for line in text.splitlines()[1:])]
