"""What may pass, decided without containers: groups, routes, endpoints."""

from dataclasses import replace

import pytest

from embedded_cloud.agents.vpc.network import (
    ENDPOINT,
    INTERNET_GATEWAY,
    LOCAL,
    NAT_GATEWAY,
    NOTHING,
    Endpoint,
    Interface,
    Network,
    Route,
    Rule,
    SecurityGroup,
    is_open_to_internet,
    passes,
    reaches_internet,
    reaches_service,
)
from embedded_cloud.agents.vpc.service_access import answers, stop_reason

LOCAL_ROUTE = Route(("10.0.0.0/16",), LOCAL)
S3_BLOCKS = ("52.216.0.0/15", "3.5.0.0/19")
HTTPS = Rule("tcp", 443, 443, blocks=("0.0.0.0/0",))
TASK = Interface(key="task/1", address="10.0.0.10", groups=("task",), vpc="vpc", routes=(LOCAL_ROUTE,))
DATABASE = Interface(key="database/1", address="10.0.1.10", groups=("database",), vpc="vpc", routes=(LOCAL_ROUTE,))
REGISTRY = "localhost:5050"
OWN = {"name": "web", "image": f"{REGISTRY}/web@sha256:1"}


def network(egress: tuple[Rule, ...] = (), ingress: tuple[Rule, ...] = (), *endpoints: Endpoint) -> Network:
    """A task with this egress, a database with this ingress, endpoints that admit the task."""
    groups = {
        "task": SecurityGroup(egress=egress),
        "database": SecurityGroup(ingress=ingress),
        "endpoint": SecurityGroup(ingress=(Rule("tcp", 443, 443, groups=("task",)),)),
    }
    return Network(groups=groups, interfaces=(TASK, DATABASE), endpoints=endpoints)


def routed(*routes: Route, public: bool = False) -> Interface:
    return replace(TASK, routes=(LOCAL_ROUTE, *routes), public=public)


OUT = Rule("tcp", 5433, 5433, groups=("database",))
IN = Rule("tcp", 5433, 5433, groups=("task",))


def test_a_connection_needs_egress_and_ingress() -> None:
    assert passes(network((OUT,), (IN,)), TASK, DATABASE, 5433)
    assert not passes(network((OUT,), ()), TASK, DATABASE, 5433)
    assert not passes(network((), (IN,)), TASK, DATABASE, 5433)
    assert not passes(network((OUT,), (IN,)), DATABASE, TASK, 5433)


@pytest.mark.parametrize(
    ("rule", "port", "protocol", "covered"),
    [
        (Rule("tcp", 80, 90), 85, "tcp", True),
        (Rule("tcp", 80, 90), 91, "tcp", False),
        (Rule("tcp", 80, 90), 85, "udp", False),
        (Rule("-1"), 85, "udp", True),
    ],
)
def test_a_rule_covers_its_protocol_and_ports(rule: Rule, port: int, protocol: str, covered: bool) -> None:
    assert rule.covers(protocol, port) is covered


def test_a_block_covers_addresses_of_its_family() -> None:
    everyone = Rule("-1", blocks=("0.0.0.0/0",))
    only_ipv6 = Rule("-1", blocks=("::/0",))
    assert passes(network((everyone,), (Rule("-1", blocks=("10.0.0.0/24",)),)), TASK, DATABASE, 1)
    assert not passes(network((everyone,), (Rule("-1", blocks=("10.0.9.0/24",)),)), TASK, DATABASE, 1)
    assert not passes(network((only_ipv6,), (everyone,)), TASK, DATABASE, 1)


@pytest.mark.parametrize(
    ("target", "public", "passing"),
    [
        (NAT_GATEWAY, False, True),
        (INTERNET_GATEWAY, True, True),
        (INTERNET_GATEWAY, False, False),
        (NOTHING, True, False),
    ],
)
def test_the_route_decides_what_leaves_the_vpc(target: str, public: bool, passing: bool) -> None:
    source = routed(Route(("0.0.0.0/0",), target), public=public)
    assert reaches_internet(network((HTTPS,)), source, 443) is passing
    assert not reaches_internet(network((HTTPS,)), source, 587)


def test_without_a_route_nothing_leaves() -> None:
    assert not reaches_internet(network((HTTPS,)), TASK, 443)


def test_the_most_specific_route_decides() -> None:
    source = routed(Route(("0.0.0.0/0",), NAT_GATEWAY), Route(("198.51.100.0/24",), NOTHING))
    assert not reaches_internet(network((HTTPS,)), source, 443)
    assert reaches_internet(network((HTTPS,)), source, 443, address="203.0.113.1")


def test_visitors_need_a_public_address_and_a_rule_for_everyone() -> None:
    known = Network(groups={"front": SecurityGroup(ingress=(HTTPS,))})
    front = replace(routed(Route(("0.0.0.0/0",), INTERNET_GATEWAY), public=True), groups=("front",))
    assert is_open_to_internet(known, front, 443)
    assert not is_open_to_internet(known, front, 80)
    assert not is_open_to_internet(known, replace(front, public=False), 443)


def test_a_service_is_reached_over_the_internet() -> None:
    assert reaches_service(network((HTTPS,)), routed(Route(("0.0.0.0/0",), NAT_GATEWAY)), "logs")
    assert not reaches_service(network(()), routed(Route(("0.0.0.0/0",), NAT_GATEWAY)), "logs")


def test_an_interface_endpoint_serves_its_own_service_only() -> None:
    logs = Endpoint(service="logs", vpc="vpc", groups=("endpoint",))
    known = network((Rule("tcp", 443, 443, groups=("endpoint",)),), (), logs)
    assert reaches_service(known, TASK, "logs")
    assert not reaches_service(known, TASK, "secretsmanager")
    assert not reaches_service(known, replace(TASK, vpc="other"), "logs")


def test_there_is_no_way_around_an_endpoint_with_private_dns() -> None:
    closed = Endpoint(service="logs", vpc="vpc", groups=("nobody",))
    source = routed(Route(("0.0.0.0/0",), NAT_GATEWAY))
    assert not reaches_service(network((HTTPS,), (), closed), source, "logs")
    assert reaches_service(network((HTTPS,), (), replace(closed, private_dns=False)), source, "logs")


def test_a_gateway_endpoint_needs_egress_to_its_prefix_list() -> None:
    source = routed(Route(S3_BLOCKS, ENDPOINT, "s3"))
    assert reaches_service(network((Rule("tcp", 443, 443, blocks=S3_BLOCKS),)), source, "s3")
    assert not reaches_service(network((OUT,)), source, "s3")
    assert not reaches_service(network((Rule("tcp", 443, 443, blocks=S3_BLOCKS),)), TASK, "s3")


def test_the_api_answers_by_the_callers_interface() -> None:
    known = network((), ())
    assert not answers(known, TASK.address, "logs")
    assert answers(known, "192.0.2.1", "logs"), "a caller outside of the VPC"


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("ecr.api", "unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR"),
        ("ecr.dkr", "CannotPullContainerError"),
        ("s3", "CannotPullContainerError"),
        ("secretsmanager", "unable to retrieve secret from asm"),
        ("logs", "failed to validate logger args"),
        ("", ""),
    ],
)
def test_fargate_needs_a_way_to_what_a_task_starts_with(missing: str, reason: str) -> None:
    definition = {
        **OWN,
        "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:key"}],
        "logConfiguration": {"logDriver": "awslogs"},
    }
    endpoints = [
        Endpoint(service=service, vpc="vpc", groups=("endpoint",))
        for service in ("ecr.api", "ecr.dkr", "secretsmanager", "logs")
        if service != missing
    ]
    out = (Rule("tcp", 443, 443, groups=("endpoint",)), Rule("tcp", 443, 443, blocks=S3_BLOCKS))
    source = TASK if missing == "s3" else routed(Route(S3_BLOCKS, ENDPOINT, "s3"))
    said = stop_reason(network(out, (), *endpoints), source, [definition], REGISTRY)
    assert reason in said
    assert bool(said) is bool(missing)
