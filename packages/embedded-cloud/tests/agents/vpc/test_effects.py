"""What else depends on the network: health checks, sessions, callers of AWS's API, the resolver, the setting."""

from dataclasses import replace
from typing import Any, cast

import pytest

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.elb import health_checks
from embedded_cloud.agents.elb.health_checks import HealthChecks
from embedded_cloud.agents.elb.target_health import CheckSettings, Outcome
from embedded_cloud.agents.vpc.network import LOCAL, Interface, Network, Route, Rule, SecurityGroup
from embedded_cloud.agents.vpc.packet_filter import DOCKERS_RESOLVERS, resolvers
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import PACKET_FILTER_VARIABLE, packet_filter_from_environment
from embedded_cloud.sessions.server import SessionServer
from support.clouds import unchecked_client_at

ROUTES = (Route(("10.0.0.0/16",), LOCAL),)
FRONT = Interface(key="load-balancer/serving", address="10.0.0.4", groups=("front",), routes=ROUTES)
TASK = Interface(key="task/1", address="10.0.0.5", groups=("task",), routes=ROUTES)
GROUPS = {
    "front": SecurityGroup(egress=(Rule("tcp", 8443, 8443, groups=("task",)),)),
    "task": SecurityGroup(ingress=(Rule("tcp", 8443, 8443, groups=("front",)),)),
}
NETWORK = Network(groups=GROUPS, interfaces=(FRONT, TASK))
SETTINGS = CheckSettings(
    protocol="HTTP",
    port="traffic-port",
    path="/",
    matcher="200",
    interval_seconds=5,
    timeout_seconds=1,
    healthy_threshold=2,
    unhealthy_threshold=2,
)


@pytest.fixture
def context(cloud: EmbeddedCloud) -> CloudContext:
    return replace(cloud.context, network=lambda: NETWORK)


@pytest.mark.parametrize(
    ("port", "network", "outcome"),
    [
        (8443, NETWORK, Outcome(200)),
        (8005, NETWORK, Outcome(timed_out=True)),
        (8443, replace(NETWORK, groups={}), Outcome(timed_out=True)),
        (8005, None, Outcome(200)),
    ],
)
def test_a_health_check_passes_where_packets_of_the_load_balancer_do(
    context: CloudContext, monkeypatch: pytest.MonkeyPatch, port: int, network: Network | None, outcome: Outcome
) -> None:
    monkeypatch.setattr(health_checks, "check", lambda *_: Outcome(200))
    checks = HealthChecks(replace(context, network=(lambda: network) if network else None))
    assert checks._check(f"{TASK.address}:{port}", SETTINGS) == outcome


def test_a_session_needs_a_way_to_session_manager(context: CloudContext) -> None:
    assert not SessionServer(context).has_way("1")
    assert SessionServer(context).has_way("unknown")
    assert SessionServer(replace(context, network=None)).has_way("1")


def test_a_caller_without_a_way_to_a_service_gets_no_answer(cloud: EmbeddedCloud) -> None:
    asked: list[tuple[str, str]] = []

    def answers(address: str, service: str) -> bool:
        asked.append((address, service))
        return service == "sqs"

    cloud._api.answers = answers
    assert "QueueUrls" not in unchecked_client_at(cloud.endpoint, "sqs").list_queues()
    with pytest.raises(Exception, match="Connection was closed"):
        unchecked_client_at(cloud.endpoint, "logs").describe_log_groups()
    assert asked == [("127.0.0.1", "sqs"), ("127.0.0.1", "logs")]


@pytest.mark.parametrize(
    ("machine", "container", "found"),
    [
        ("nameserver 192.0.2.53\nsearch example.com\n", "nameserver 127.0.0.11\n", ("192.0.2.53",)),
        ("", "nameserver 127.0.0.11\n# ExtServers: [192.0.2.1 host(192.0.2.2)]\n", ("192.0.2.1", "192.0.2.2")),
        ("nameserver fe80::1%eth0\nnameserver 192.0.2.53\n", "", ("192.0.2.53",)),
        ("nameserver 127.0.0.53\n", "nameserver 127.0.0.11\n", DOCKERS_RESOLVERS),
    ],
)
def test_the_resolvers_are_those_that_docker_asks(machine: str, container: str, found: tuple[str, ...]) -> None:
    assert resolvers(machine, container) == found


@pytest.mark.parametrize(("text", "filters"), [("on", True), ("off", False)])
def test_one_variable_decides_about_the_filter(text: str, filters: bool) -> None:
    assert packet_filter_from_environment({PACKET_FILTER_VARIABLE: text}) is filters


def test_another_value_of_the_variable_is_refused() -> None:
    with pytest.raises(ValueError, match=f"{PACKET_FILTER_VARIABLE}=0: set it to on or off"):
        packet_filter_from_environment(cast(Any, {PACKET_FILTER_VARIABLE: "0"}))
