"""Rules of nftables for one network interface. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from embedded_cloud.agents.vpc.network import ANYWHERE, INTERNET, INTERNET_GATEWAY, Interface, Network, Rule, contains

TABLE = "inet vpc"
_PORTS = ("tcp", "udp")


@dataclass(frozen=True, kw_only=True)
class Host:
    """What containers see of this machine."""

    gateway: str
    """Source of visitors of published ports, and of health checks."""
    api: str
    """Address of AWS's API, which tells by source and service whether there is a way (`service_access`)."""
    api_port: int
    resolvers: tuple[str, ...] = ()
    """DNS servers that Docker asks from inside the container. Security groups do not filter the resolver of a VPC."""


def render(network: Network, interface: Interface, host: Host) -> str:
    """Return a document for `nft -f` that replaces this table in one step. Connections that are open stay open."""
    return "\n".join(
        [
            f"table {TABLE}",
            f"delete table {TABLE}",
            f"table {TABLE} {{",
            *_chain(
                "ingress", "type filter hook input priority filter; policy drop;", _ingress(network, interface, host)
            ),
            *_chain("egress", "type filter hook output priority filter; policy drop;", _egress(interface, host)),
            *_chain("egress_rules", "", _rules(network, network.egress(interface.groups), "daddr")),
            "}",
            "",
        ]
    )


def _chain(name: str, hook: str, lines: Iterator[str]) -> list[str]:
    return [f"  chain {name} {{", *(f"    {line}" for line in [hook, *lines] if line), "  }"]


def _always(direction: str) -> Iterator[str]:
    yield f"{direction} lo accept"
    # Tracked connections outlive the rule that let them in
    # (docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html).
    yield "ct state established,related accept"
    yield "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept"


def _ingress(network: Network, interface: Interface, host: Host) -> Iterator[str]:
    yield from _always("iif")
    for rule in network.ingress(interface.groups):
        if _is_for_host(network, interface, rule):
            yield f"ip saddr {host.gateway} {_match(rule)}accept"
    # It is no address of the VPC, although it lies in its range.
    yield f"ip saddr {host.gateway} drop"
    yield from _rules(network, network.ingress(interface.groups), "saddr")


def _is_for_host(network: Network, interface: Interface, rule: Rule) -> bool:
    """Whether a rule lets in what this machine stands for: anyone on the internet, and the load balancer's checks."""
    route, balancer = interface.route_to(INTERNET), network.load_balancer()
    open_to_internet = interface.public and route is not None and route.target == INTERNET_GATEWAY
    if open_to_internet and ANYWHERE[0] in rule.blocks:
        return True
    if balancer is None or balancer.key == interface.key:
        return False
    return bool(set(rule.groups) & set(balancer.groups)) or any(contains(one, balancer.address) for one in rule.blocks)


def _egress(interface: Interface, host: Host) -> Iterator[str]:
    yield from _always("oif")
    for resolver in host.resolvers:
        yield f"{_family(resolver)} daddr {resolver} meta l4proto {{ tcp, udp }} th dport 53 accept"
    yield f"{_family(host.api)} daddr {host.api} tcp dport {host.api_port} accept"
    if interface.kind == "load-balancer":
        # AWS WAF inspects requests in a process of this machine.
        yield f"ip daddr {host.gateway} accept"
    yield f"ip daddr {host.gateway} drop"
    routes = {ip_network(block): route for route in interface.routes for block in route.blocks}
    for block, route in sorted(routes.items(), key=lambda one: (-one[0].prefixlen, str(one[0]))):
        verdict = "goto egress_rules" if interface.leads(route) else "drop"
        yield f"{_family(str(block))} daddr {block} {verdict}"


def _rules(network: Network, rules: Iterator[Rule], side: str) -> Iterator[str]:
    lines = {line: None for rule in rules for line in _rule(network, rule, side)}
    yield from sorted(lines)


def _rule(network: Network, rule: Rule, side: str) -> Iterator[str]:
    members = network.members(rule)
    if members:
        yield f"ip {side} {{ {', '.join(members)} }} {_match(rule)}accept"
    for block in rule.blocks:
        yield f"{_family(block)} {side} {_normal(block)} {_match(rule)}accept"


def _match(rule: Rule) -> str:
    if rule.protocol == "-1":
        return ""
    if rule.protocol in _PORTS:
        if rule.first_port <= 0 and rule.last_port in (-1, 65535):
            return f"meta l4proto {rule.protocol} "
        return f"{rule.protocol} dport {rule.first_port}-{rule.last_port} "
    if rule.protocol in ("icmp", "icmpv6") and rule.first_port >= 0:
        return f"{rule.protocol} type {rule.first_port} "
    return f"meta l4proto {rule.protocol} "


def _normal(block: str) -> IPv4Network | IPv6Network:
    return ip_network(block, strict=False)


def _family(address: str) -> str:
    return "ip6" if ":" in address else "ip"
