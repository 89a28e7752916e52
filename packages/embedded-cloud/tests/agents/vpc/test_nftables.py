"""The rules of an interface as a document for nft."""

from dataclasses import replace

from embedded_cloud.agents.vpc.network import (
    INTERNET_GATEWAY,
    LOCAL,
    NAT_GATEWAY,
    Interface,
    Network,
    Route,
    Rule,
    SecurityGroup,
)
from embedded_cloud.agents.vpc.nftables import Host, render

HOST = Host(gateway="10.0.0.1", api="10.0.0.1", api_port=4577, resolvers=("192.0.2.53",))
LOCAL_ROUTE = Route(("10.0.0.0/16",), LOCAL)
FRONT = Interface(
    key="load-balancer/serving",
    address="10.0.2.4",
    groups=("front",),
    routes=(LOCAL_ROUTE, Route(("0.0.0.0/0",), INTERNET_GATEWAY)),
    public=True,
)
TASKS = tuple(
    Interface(
        key=f"task/{number}",
        address=f"10.0.1.{number}",
        groups=("task",),
        routes=(LOCAL_ROUTE, Route(("0.0.0.0/0",), NAT_GATEWAY)),
    )
    for number in (4, 5)
)
GROUPS = {
    "front": SecurityGroup(
        ingress=(Rule("tcp", 443, 443, blocks=("0.0.0.0/0",)), Rule("tcp", 443, 443, blocks=("::/0",))),
        egress=(Rule("tcp", 8443, 8443, groups=("task",)),),
    ),
    "task": SecurityGroup(
        ingress=(Rule("tcp", 8443, 8443, groups=("front",)), Rule("icmp", 8, 0, blocks=("10.0.0.0/16",))),
        egress=(Rule("tcp", 443, 443, blocks=("0.0.0.0/0",)), Rule("udp", 0, 65535, blocks=("10.0.0.0/8",))),
    ),
}
NETWORK = Network(groups=GROUPS, interfaces=(FRONT, *TASKS))


def lines(interface: Interface, chain: str) -> list[str]:
    others = [one for one in NETWORK.interfaces if one.key != interface.key]
    text = (
        render(replace(NETWORK, interfaces=(*others, interface)), interface, HOST)
        .partition(f"chain {chain} {{")[2]
        .partition("}\n  chain")[0]
    )
    return [line.strip() for line in text.partition("\n  }")[0].splitlines() if line.strip()]


def test_the_table_is_replaced_in_one_step_and_no_other_is_touched() -> None:
    text = render(NETWORK, FRONT, HOST)
    assert text.startswith("table inet vpc\ndelete table inet vpc\ntable inet vpc {")
    assert text.count("table ") == 3
    assert "flush" not in text


def test_what_no_rule_lets_pass_is_dropped_in_both_directions() -> None:
    assert "policy drop;" in lines(FRONT, "ingress")[0]
    assert "policy drop;" in lines(FRONT, "egress")[0]


def test_a_group_is_the_addresses_of_its_interfaces() -> None:
    assert lines(FRONT, "egress_rules") == ["ip daddr { 10.0.1.4, 10.0.1.5 } tcp dport 8443-8443 accept"]
    assert "ip saddr { 10.0.2.4 } tcp dport 8443-8443 accept" in lines(TASKS[0], "ingress")


def test_a_group_without_interfaces_has_no_rule() -> None:
    alone = replace(NETWORK, interfaces=(FRONT,))
    assert "8443" not in render(alone, FRONT, HOST)


def test_visitors_of_published_ports_come_from_the_gateway() -> None:
    found = lines(FRONT, "ingress")
    assert found.index("ip saddr 10.0.0.1 tcp dport 443-443 accept") < found.index("ip saddr 10.0.0.1 drop")
    assert "ip6 saddr ::/0 tcp dport 443-443 accept" in found
    private = replace(FRONT, public=False)
    assert "ip saddr 10.0.0.1 tcp dport 443-443 accept" not in lines(private, "ingress")


def test_health_checks_reach_what_the_load_balancer_reaches() -> None:
    assert "ip saddr 10.0.0.1 tcp dport 8443-8443 accept" in lines(TASKS[0], "ingress")
    lonely = replace(NETWORK, interfaces=TASKS)
    assert "ip saddr 10.0.0.1 tcp" not in render(lonely, TASKS[0], HOST)


def test_of_this_machine_a_task_reaches_the_api_and_the_resolver_only() -> None:
    found = lines(TASKS[0], "egress")
    until = found[: found.index("ip daddr 10.0.0.1 drop")]
    assert [line for line in until if "daddr" in line] == [
        "ip daddr 192.0.2.53 meta l4proto { tcp, udp } th dport 53 accept",
        "ip daddr 10.0.0.1 tcp dport 4577 accept",
    ]


def test_the_most_specific_route_comes_first_and_an_unusable_one_drops() -> None:
    private = replace(FRONT, public=False)
    assert lines(private, "egress")[-2:] == ["ip daddr 10.0.0.0/16 goto egress_rules", "ip daddr 0.0.0.0/0 drop"]
    assert lines(TASKS[0], "egress")[-1] == "ip daddr 0.0.0.0/0 goto egress_rules"


def test_protocols_and_types() -> None:
    assert "ip saddr 10.0.0.0/16 icmp type 8 accept" in lines(TASKS[0], "ingress")
    assert "ip daddr 10.0.0.0/8 meta l4proto udp accept" in lines(TASKS[0], "egress_rules")
