"""A load balancer on a real HAProxy: what clients and targets see of it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.local.cloud.ecs_definitions import serving
from tests.local.cloud.ecs_stand import Stand, standing
from tests.waiting import wait_until

pytestmark = [pytest.mark.containers]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with standing(tmp_path_factory.mktemp("cloud")) as made:
        made.create_service("web", made.register(serving("one")), count=1)
        made.steady("web")
        yield made


def test_the_target_sees_who_asks_and_how(stand: Stand) -> None:
    with stand.client() as client:
        text = client.get("/", headers={"X-Forwarded-For": "203.0.113.9"}).text
    seen = dict(line.split(": ", 1) for line in text.splitlines()[1:])
    assert seen["x-forwarded-for"].startswith("203.0.113.9, ")
    assert (seen["x-forwarded-proto"], seen["x-forwarded-port"]) == ("https", "443")
    assert seen["x-amzn-trace-id"].startswith("Root=1-")
    assert seen["host"] == f"localhost:{stand.config.https_port}"


def test_port_80_leads_to_the_published_https_port(stand: Stand) -> None:
    plain = f"http://localhost:{stand.config.http_port}"
    answer = httpx.get(f"{plain}/a/b?c=d%20e")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://localhost:{stand.config.https_port}/a/b?c=d%20e"
    named = httpx.get(f"{plain}/a", headers={"Host": "app.preqly.com"})
    assert named.headers["location"] == "https://app.preqly.com:443/a"


def test_the_certificate_covers_the_domain_and_this_machine(stand: Stand) -> None:
    with stand.client() as client:
        url = f"https://127.0.0.1:{stand.config.https_port}/"
        for name in ("app.preqly.com", "localhost"):
            answer = client.get(url, headers={"Host": name}, extensions={"sni_hostname": name})
            assert answer.status_code == 200


def test_a_change_of_a_listener_reaches_clients_without_a_failed_request(stand: Stand) -> None:
    attribute = {"Key": "routing.http.response.x_content_type_options.header_value", "Value": "nosniff"}
    with stand.load(2) as load:
        wait_until(lambda: load.requests > 20, 10)
        stand.elbv2.modify_listener_attributes(ListenerArn=stand.listener, Attributes=[attribute])
        with stand.client() as client:
            wait_until(lambda: client.get("/").headers.get("x-content-type-options") == "nosniff", 90)
    assert load.failures == []


def test_rules_answer_in_their_order(stand: Stand) -> None:
    fixed = {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": "keep out"}
    rule = stand.elbv2.create_rule(
        ListenerArn=stand.listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/private/*"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
    )["Rules"][0]["RuleArn"]
    with stand.client() as client:
        wait_until(lambda: client.get("/private/x").text == "keep out", 90)
        assert client.get("/private").status_code == 200
        stand.elbv2.delete_rule(RuleArn=rule)
        wait_until(lambda: client.get("/private/x").status_code == 200, 90)


def test_only_this_machine_reaches_the_published_ports(stand: Stand) -> None:
    (found,) = stand.docker.containers.list(
        filters={"label": [f"preqly.cloud={stand.config.name}", "preqly.role=public-ports"]}
    )
    bindings = found.attrs["NetworkSettings"]["Ports"]
    assert {port: {entry["HostIp"] for entry in entries} for port, entries in bindings.items() if entries} == {
        "80/tcp": {"127.0.0.1"},
        "443/tcp": {"127.0.0.1"},
    }


def test_a_load_balancer_that_is_killed_comes_back(stand: Stand) -> None:
    (found,) = stand.docker.containers.list(
        filters={"label": [f"preqly.cloud={stand.config.name}", "preqly.role=public-ports"]}
    )
    found.kill()
    with stand.client() as client:
        wait_until(lambda: _answers(client), 90)


def test_a_deleted_load_balancer_leaves_no_container(stand: Stand) -> None:
    stand.delete_service("web")
    stand.elbv2.delete_load_balancer(LoadBalancerArn=stand.load_balancer)
    filters = {"label": [f"preqly.cloud={stand.config.name}", "preqly.role=public-ports"]}
    wait_until(lambda: not stand.docker.containers.list(all=True, filters=filters), 90)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").status_code == 200
    except httpx.HTTPError:
        return False
