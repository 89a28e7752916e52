"""The VPC as packets see it: interfaces, security groups, routes, endpoints. Pure: decides what may pass."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

ANYWHERE = ("0.0.0.0/0", "::/0")
INTERNET = "198.51.100.1"
"""An address of the internet, from a range reserved for documentation."""
HTTPS = 443
LOCAL, INTERNET_GATEWAY, NAT_GATEWAY, ENDPOINT, NOTHING = "local", "internet gateway", "NAT gateway", "endpoint", ""
"""Targets of routes. Through an internet gateway pass packets of interfaces with a public address only."""


@dataclass(frozen=True)
class Rule:
    """One rule of a security group. Addresses of `groups` are those of the interfaces in them."""

    protocol: str
    """tcp, udp, icmp, icmpv6, the number of another one, or -1 for all."""
    first_port: int = -1
    """Of icmp: the type. -1 for all."""
    last_port: int = -1
    blocks: tuple[str, ...] = ()
    """CIDR blocks, those of prefix lists too."""
    groups: tuple[str, ...] = ()

    def covers(self, protocol: str, port: int) -> bool:
        if self.protocol == "-1":
            return True
        return self.protocol == protocol and (self.first_port < 0 or self.first_port <= port <= self.last_port)


@dataclass(frozen=True)
class SecurityGroup:
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Route:
    blocks: tuple[str, ...]
    """Its destination; several for a prefix list."""
    target: str
    service: str = ""
    """Of a gateway endpoint."""


@dataclass(frozen=True, kw_only=True)
class Interface:
    """The network interface of one task, database, cache or load balancer."""

    key: str
    """Such as `task/<id>`."""
    address: str
    groups: tuple[str, ...]
    vpc: str = ""
    routes: tuple[Route, ...] = ()
    """Of its subnet."""
    public: bool = False
    """Whether it has a public address."""

    @property
    def kind(self) -> str:
        return self.key.partition("/")[0]

    def route_to(self, address: str) -> Route | None:
        """The most specific route: it decides even if its target takes nothing."""
        found = [
            (ip_network(block).prefixlen, route)
            for route in self.routes
            for block in route.blocks
            if contains(block, address)
        ]
        return max(found, key=lambda one: one[0])[1] if found else None

    def leads(self, route: Route | None) -> bool:
        """Whether the route takes packets of this interface."""
        if route is None or route.target == NOTHING:
            return False
        return self.public if route.target == INTERNET_GATEWAY else True


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An interface endpoint of an AWS service."""

    service: str
    vpc: str
    groups: tuple[str, ...]
    blocks: tuple[str, ...] = ()
    """Of its subnets."""
    private_dns: bool = True
    """Whether the service's public name leads to it."""


@dataclass(frozen=True, kw_only=True)
class Network:
    groups: Mapping[str, SecurityGroup] = field(default_factory=dict)
    interfaces: Sequence[Interface] = ()
    endpoints: Sequence[Endpoint] = ()

    def interface(self, key: str) -> Interface | None:
        return next((one for one in self.interfaces if one.key == key), None)

    def at(self, address: str) -> Interface | None:
        return next((one for one in self.interfaces if one.address == address), None)

    def load_balancer(self) -> Interface | None:
        return next((one for one in self.interfaces if one.kind == "load-balancer"), None)

    def ingress(self, groups: Iterable[str]) -> Iterator[Rule]:
        return (rule for group in groups if group in self.groups for rule in self.groups[group].ingress)

    def egress(self, groups: Iterable[str]) -> Iterator[Rule]:
        return (rule for group in groups if group in self.groups for rule in self.groups[group].egress)

    def members(self, rule: Rule) -> list[str]:
        """Addresses of the interfaces in the groups that a rule refers to."""
        return sorted({one.address for one in self.interfaces if set(rule.groups) & set(one.groups)})


def contains(block: str, address: str) -> bool:
    network, host = ip_network(block, strict=False), ip_address(address)
    return network.version == host.version and host in network


def passes(network: Network, source: Interface, target: Interface, port: int, protocol: str = "tcp") -> bool:
    """Whether a connection from one interface to another is let out, routed and let in."""
    out = _allows(network.egress(source.groups), target.address, target.groups, port, protocol)
    into = _allows(network.ingress(target.groups), source.address, source.groups, port, protocol)
    return out and into and source.leads(source.route_to(target.address))


def reaches_internet(
    network: Network, source: Interface, port: int, protocol: str = "tcp", address: str = INTERNET
) -> bool:
    """Whether a connection to an address outside of the VPC is let out and routed there."""
    out = _allows(network.egress(source.groups), address, (), port, protocol)
    return out and source.leads(source.route_to(address))


def is_open_to_internet(network: Network, target: Interface, port: int, protocol: str = "tcp") -> bool:
    """Whether anyone on the internet may connect: a public address, routes both ways, a rule for every address."""
    route = target.route_to(INTERNET)
    through = target.public and route is not None and route.target == INTERNET_GATEWAY
    return through and any(
        rule.covers(protocol, port) and ANYWHERE[0] in rule.blocks for rule in network.ingress(target.groups)
    )


def reaches_service(network: Network, source: Interface, service: str) -> bool:
    """Whether AWS's service is reached over HTTPS, through an endpoint or over the internet.

    `service` is the name of its endpoint, such as `ecr.api`. An interface endpoint with private DNS takes the service's
    name from the whole VPC, so that there is no way around it
    (docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html).
    """
    endpoints = [one for one in network.endpoints if one.vpc == source.vpc and one.service == service]
    if private := [one for one in endpoints if one.private_dns]:
        return any(_reaches_endpoint(network, source, one) for one in private)
    gateways = [route for route in source.routes if route.target == ENDPOINT and route.service == service]
    addresses = [str(ip_network(block)[1]) for route in gateways for block in route.blocks] or [INTERNET]
    return all(reaches_internet(network, source, HTTPS, address=address) for address in addresses)


def _reaches_endpoint(network: Network, source: Interface, endpoint: Endpoint) -> bool:
    # Only whole subnets count: the embedded cloud gives endpoints no address.
    out = any(
        rule.covers("tcp", HTTPS) and (set(rule.groups) & set(endpoint.groups) or _covers(rule, endpoint.blocks))
        for rule in network.egress(source.groups)
    )
    into = _allows(network.ingress(endpoint.groups), source.address, source.groups, HTTPS, "tcp")
    return out and into


def _covers(rule: Rule, blocks: Iterable[str]) -> bool:
    present = [ip_network(block) for block in rule.blocks]
    return all(
        any(one.version == wanted.version and wanted.subnet_of(one) for one in present)  # type: ignore[arg-type]
        for wanted in map(ip_network, blocks)
    )


def _allows(rules: Iterable[Rule], address: str, groups: Iterable[str], port: int, protocol: str) -> bool:
    peer = set(groups)
    return any(
        rule.covers(protocol, port) and (peer & set(rule.groups) or any(contains(one, address) for one in rule.blocks))
        for rule in rules
    )
