"""Packets between containers: what security groups and routes let pass, in both directions."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from embedded_cloud.agents.vpc import interfaces
from embedded_cloud.agents.vpc.packet_filter import PacketFilter, PacketFilterError
from embedded_cloud.testing.polling import wait_until
from support.vpc import RANGE, Node, Vpc, running_vpc

pytestmark = pytest.mark.containers
PORT, OTHER, THIRD = 5433, 5434, 5435


@pytest.fixture(scope="module")
def vpc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vpc]:
    with running_vpc(tmp_path_factory.mktemp("vpc")) as vpc:
        yield vpc


@pytest.fixture(scope="module")
def groups(vpc: Vpc) -> dict[str, str]:
    """A client that may reach a server on PORT, and a stranger with the same egress."""
    groups = {name: vpc.group(name) for name in ("client", "server", "stranger")}
    for name in ("client", "stranger"):
        vpc.allow("egress", groups[name], PORT, groups["server"])
        vpc.allow("egress", groups[name], OTHER, groups["server"])
    vpc.allow("egress", groups["client"], THIRD, groups["server"])
    vpc.allow("ingress", groups["server"], PORT, groups["client"])
    return groups


@pytest.fixture(scope="module")
def client(vpc: Vpc, groups: dict[str, str]) -> Node:
    return vpc.interface("client", groups["client"])


@pytest.fixture(scope="module")
def stranger(vpc: Vpc, groups: dict[str, str]) -> Node:
    return vpc.interface("stranger", groups["stranger"])


@pytest.fixture(scope="module")
def server(vpc: Vpc, groups: dict[str, str]) -> Node:
    node = vpc.interface("server", groups["server"], subnet=vpc.second)
    node.serve(PORT)
    node.serve(OTHER)
    node.serve(THIRD)
    return node


def test_an_interface_has_an_address_of_its_subnet(client: Node, server: Node) -> None:
    assert client.address.startswith(f"{RANGE}.0.")
    assert server.address.startswith(f"{RANGE}.2.")


def test_a_reference_lets_the_members_of_a_group_in(client: Node, stranger: Node, server: Node) -> None:
    assert client.connects(server.address, PORT)
    assert client.connects("server", PORT), "names of the VPC resolve"
    assert not stranger.connects(server.address, PORT)


def test_another_port_is_closed(client: Node, server: Node) -> None:
    assert not client.connects(server.address, OTHER)


def test_egress_is_needed_too(vpc: Vpc, groups: dict[str, str], client: Node, server: Node) -> None:
    client.serve(PORT)
    vpc.allow("ingress", groups["client"], PORT, groups["server"])
    assert not server.connects(client.address, PORT)
    rule = vpc.allow("egress", groups["server"], PORT, groups["client"])
    wait_until(lambda: server.connects(client.address, PORT), 5)
    vpc.revoke("egress", groups["server"], rule)
    wait_until(lambda: not server.connects(client.address, PORT), 10)


def test_loopback_passes(server: Node) -> None:
    assert server.connects("127.0.0.1", OTHER)


def test_a_new_member_is_let_in(vpc: Vpc, groups: dict[str, str], server: Node) -> None:
    assert vpc.interface("second", groups["client"]).connects(server.address, PORT)


def test_a_changed_rule_acts_at_once_on_new_connections(
    vpc: Vpc, groups: dict[str, str], client: Node, server: Node
) -> None:
    assert not client.connects(server.address, OTHER)
    rule = vpc.allow("ingress", groups["server"], OTHER, groups["client"])
    wait_until(lambda: client.connects(server.address, OTHER), 5)
    # Writes a line, waits for the rule to go, writes another one.
    say = 'read -rt 3 answer <&3; echo "$answer"'
    script = f"exec 3<>/dev/tcp/$0/$1; echo one >&3; {say}; sleep 4; echo two >&3; {say}"
    command = ["docker", "exec", client.container.id, "bash", "-c", script, server.address, str(OTHER)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as talk:
        assert talk.stdout is not None
        assert talk.stdout.readline() == "one\n"
        vpc.revoke("ingress", groups["server"], rule)
        time.sleep(2)
        assert not client.connects(server.address, OTHER)
        assert talk.stdout.readline() == "two\n", "a tracked connection stays open"


def test_a_block_lets_its_addresses_in(vpc: Vpc, groups: dict[str, str], stranger: Node, server: Node) -> None:
    vpc.allow("ingress", groups["server"], OTHER, f"{RANGE}.0.0/24")
    wait_until(lambda: stranger.connects(server.address, OTHER), 5)


def test_there_is_no_ipv6_around_the_rules(client: Node, server: Node) -> None:
    _, found = server.run("cat", "/proc/net/if_inet6")
    outside = [line.split()[0] for line in found.splitlines() if line.endswith("eth0")]
    for number in outside:
        address = ":".join(number[at : at + 4] for at in range(0, 32, 4))
        assert not client.connects(f"{address}%eth0", PORT)


@pytest.mark.parametrize("command", [["nft", "flush", "ruleset"], ["nft", "list", "ruleset"]])
def test_a_program_cannot_change_its_rules(client: Node, server: Node, command: list[str]) -> None:
    code, said = client.run(*command, user="root")
    assert (code, "Operation not permitted" in said) == (1, True)
    assert not client.connects(server.address, 5555)


def test_rules_follow_an_interface_after_a_restart_of_the_cloud(
    vpc: Vpc, groups: dict[str, str], client: Node, server: Node
) -> None:
    vpc.restart()
    assert client.connects(server.address, PORT)
    rule = vpc.allow("ingress", groups["server"], THIRD, groups["client"])
    wait_until(lambda: client.connects(server.address, THIRD), 5)
    vpc.revoke("ingress", groups["server"], rule)
    wait_until(lambda: not client.connects(server.address, THIRD), 10)


def test_where_rules_cannot_be_written_the_cloud_does_not_start(vpc: Vpc, monkeypatch: pytest.MonkeyPatch) -> None:
    powerless = interfaces.namespace_options(filters=True) | {"cap_add": []}
    monkeypatch.setattr(interfaces, "namespace_options", lambda **_: powerless)
    with pytest.raises(
        PacketFilterError, match=r"nftables does not work in a container \(.+EMBEDDED_CLOUD_PACKET_FILTER=off"
    ):
        PacketFilter(vpc.cloud.context).verify()
    assert vpc.cloud.context.docker.container("packet-filter-probe") is None
