"""Packets of a running stack: every edge between its parts, allowed or not, is probed from inside each part."""

import os
import socket

import pytest

from embedded_cloud.config import packet_filter_from_environment
from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout
from tests.e2e.packets import Part, Rules, parts, probe, reached
from tests.e2e.running import docker

pytestmark = [
    pytest.mark.containers,
    pytest.mark.engine,
    pytest.mark.skipif(not packet_filter_from_environment(os.environ), reason="the packet filter is off"),
]
SMTP = 587


@pytest.fixture(scope="module")
def stack(deployed: Checkout) -> list[Part]:
    return parts(deployed)


@pytest.fixture
def outside() -> str:
    """An address outside of the VPC that answers: this machine's, on Docker's default network."""
    return docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").strip()


@pytest.mark.parametrize("runs", [1, pytest.param(100, marks=pytest.mark.long)])
def test_every_edge_is_as_the_security_groups_say(deployed: Checkout, stack: list[Part], runs: int) -> None:
    rules = Rules(deployed)
    assert len(stack) >= 4
    edges = {(source, target, port) for source in stack for target in stack if source != target for port in rules.ports}
    allowed = {edge for edge in edges if rules.allow(*edge)}
    for _ in range(runs):
        found = probe(stack, [f"{one.address}:{port}" for one in stack for port in rules.ports])
        passing = {edge for edge in edges if f"{edge[1].address}:{edge[2]}" in found[edge[0]]}
        assert passing == allowed
    named = {(source.name.split()[0], target.name.split()[0], port) for source, target, port in allowed}
    assert {("load", "task", 8443), ("task", "database", 5433)} <= named
    assert "database" not in {source for source, _, _ in named}


def test_only_tasks_leave_the_vpc_and_only_over_https(deployed: Checkout, stack: list[Part], outside: str) -> None:
    rules, ports = Rules(deployed), (443, 80, SMTP)
    found = probe(stack, [f"{outside}:{port}" for port in ports])
    for source in stack:
        assert found[source] == {f"{outside}:{port}" for port in ports if rules.let_out(source, outside, port)}
        assert bool(found[source]) is source.name.startswith("task")


def test_from_this_machine_visitors_get_to_the_load_balancer_only(deployed: Checkout, stack: list[Part]) -> None:
    with deployed.browser() as browser:
        assert browser.get("/").status_code == 200
    (database,) = [one for one in stack if one.name == "database"]
    with pytest.raises(TimeoutError):
        socket.create_connection((database.address, 5433), timeout=2)


def test_a_revoked_rule_closes_its_edge_and_authorizing_it_opens_it(deployed: Checkout, stack: list[Part]) -> None:
    ec2 = deployed.aws("ec2")
    (database,) = [one for one in stack if one.name == "database"]
    (group,) = database.groups
    task, peer = stack[0], f"{database.address}:5433"
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=found)
    try:
        wait_until(lambda: not reached(task, [peer]), 15)
    finally:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=found)
    wait_until(lambda: bool(reached(task, [peer])), 15)


def test_a_task_cannot_change_its_rules(deployed: Checkout, stack: list[Part]) -> None:
    label = f"label=embedded-cloud.name={deployed.runtime.cloud}"
    found = docker("ps", "--quiet", "--filter", label, "--filter", "label=embedded-cloud.container=web").split()
    assert found
    for container in found:
        capabilities = docker("exec", "--user", "root", container, "grep", "CapBnd", "/proc/self/status")
        net_admin = 1 << 12
        assert not int(capabilities.split()[1], 16) & net_admin
