"""Read the VPC from moto as plain values. Hold the cloud's lock."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from embedded_cloud.agents.agent import CloudContext
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
)
from embedded_cloud.config import REGION

_PROTOCOLS = {"58": "icmpv6"}


def read(context: CloudContext, addresses: Mapping[str, str], docker_range: str) -> Network:
    """Read groups, endpoints, and the interfaces that have an address on Docker (`addresses`, by key).

    `docker_range`: where those addresses lie; it counts as the VPC's, also if Docker refused the VPC's own range.
    """
    ec2 = context.backend("ec2")
    groups = {group.id: _group(ec2, group) for groups in ec2.groups.values() for group in groups.values()}
    interfaces = [
        Interface(
            key=key,
            address=addresses[key],
            routes=(*_routes(ec2, known["subnet"]), Route((docker_range,), LOCAL)),
            vpc=known["subnet"].vpc_id if known["subnet"] else "",
            groups=tuple(known["groups"]),
            public=known["public"],
        )
        for key, known in _known(context).items()
        if key in addresses
    ]
    return Network(groups=groups, interfaces=interfaces, endpoints=list(_endpoints(ec2)))


def known_keys(context: CloudContext) -> set[str]:
    """Keys of all interfaces that AWS has, with or without a container."""
    return set(_known(context))


def block_of(context: CloudContext, key: str) -> str:
    """Return the CIDR block of an interface's subnet; empty if AWS has none."""
    subnet = _known(context).get(key, {}).get("subnet")
    return str(subnet.cidr_block) if subnet is not None else ""


def task_key(identifier: str) -> str:
    return f"task/{identifier}"


def database_key(resource_id: str) -> str:
    return f"database/{resource_id}"


def cache_key(address: str) -> str:
    return f"cache/{address}"


LOAD_BALANCER_KEY = "load-balancer/serving"
"""One load balancer answers: the oldest with listeners."""


def _known(context: CloudContext) -> dict[str, dict[str, Any]]:
    return {key: values for source in (_tasks, _databases, _caches, _load_balancers) for key, values in source(context)}


def _values(ec2: Any, subnets: Any, groups: Any, *, public: bool) -> dict[str, Any]:
    found = [subnet for subnet in (_subnet(ec2, one) for one in subnets) if subnet is not None]
    return {"subnet": found[0] if found else None, "groups": list(groups or ()), "public": public}


def _subnet(ec2: Any, subnet: Any) -> Any:
    known = {name: one for zone in ec2.subnets.values() for name, one in zone.items()}
    return known.get(subnet if isinstance(subnet, str) else subnet.id)


def _tasks(context: CloudContext) -> Iterator[tuple[str, dict[str, Any]]]:
    ec2 = context.backend("ec2")
    for tasks in context.backend("ecs").tasks.values():
        for task in tasks.values():
            details = {one["name"]: one["value"] for part in task.attachments for one in part["details"]}
            interface = ec2.enis.get(details.get("networkInterfaceId"))
            if interface is not None:
                wanted = task.network_configuration["awsvpcConfiguration"]
                public = wanted.get("assignPublicIp") == "ENABLED"
                groups = [group.id for group in interface.group_set]
                yield task_key(task.id), _values(ec2, [interface.subnet], groups, public=public)


def _databases(context: CloudContext) -> Iterator[tuple[str, dict[str, Any]]]:
    ec2 = context.backend("ec2")
    for database in context.backend("rds").databases.values():
        subnets = database.db_subnet_group._subnets if database.db_subnet_group else ()
        public = bool(database.publicly_accessible)
        yield (
            database_key(database.dbi_resource_id),
            _values(ec2, subnets, database.vpc_security_group_ids, public=public),
        )


def _caches(context: CloudContext) -> Iterator[tuple[str, dict[str, Any]]]:
    ec2, backend = context.backend("ec2"), context.backend("elasticache")
    for group in backend.replication_groups.values():
        subnet_group = backend.cache_subnet_groups.get(group.cache_subnet_group_name)
        address = group.node_groups[0]["primary_endpoint_address"]
        subnets = subnet_group.subnet_ids if subnet_group else ()
        yield cache_key(address), _values(ec2, subnets, group.security_group_ids, public=False)


def _load_balancers(context: CloudContext) -> Iterator[tuple[str, dict[str, Any]]]:
    balancers = [one for one in context.backend("elbv2").load_balancers.values() if one.type == "application"]
    serving = next((one for one in balancers if one.listeners), next(iter(balancers), None))
    if serving is not None:
        public = serving.scheme == "internet-facing"
        yield (
            LOAD_BALANCER_KEY,
            _values(context.backend("ec2"), serving.subnets, serving.security_groups, public=public),
        )


def _group(ec2: Any, group: Any) -> SecurityGroup:
    return SecurityGroup(
        ingress=tuple(_rule(ec2, rule) for rule in group.ingress_rules),
        egress=tuple(_rule(ec2, rule) for rule in group.egress_rules),
    )


def _rule(ec2: Any, rule: Any) -> Rule:
    block = _canonical(rule.cidr_ipv4 or rule.cidr_ipv6)
    group = (rule.source_group or {}).get("GroupId")
    blocks = _prefix_list(ec2.managed_prefix_lists.get(rule.prefix_list_id)) if rule.prefix_list_id else ()
    return Rule(
        protocol=_PROTOCOLS.get(rule.ip_protocol, rule.ip_protocol),
        first_port=-1 if rule.from_port is None else int(rule.from_port),
        last_port=-1 if rule.to_port is None else int(rule.to_port),
        blocks=(block,) if block else blocks,
        groups=(group,) if group else (),
    )


def _canonical(block: str | None) -> str:
    """As AWS keeps a CIDR block: without the bits of the host (EC2 API reference, IpRange)."""
    return str(ip_network(block, strict=False)) if block else ""


def _prefix_list(found: Any) -> tuple[str, ...]:
    # AWS's own lists have no version in moto.
    versions = found.entries if found is not None else {}
    return tuple(_canonical(entry["Cidr"]) for entry in versions.get(max(versions, default=0), ()))


def _routes(ec2: Any, subnet: Any) -> list[Route]:
    return [_route(ec2, route) for route in _of_subnet(ec2, subnet)]


def _of_subnet(ec2: Any, subnet: Any) -> list[Any]:
    """moto's routes of a subnet's table, or of the main one."""
    if subnet is None:
        return []
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = next((one for one in tables if subnet.id in one._associations.values()), None)
    table = own or next((one for one in tables if one.main_association_id), None)
    return list(table.routes) if table is not None else []


def _route(ec2: Any, route: Any) -> Route:
    block = _canonical(route.destination_cidr_block or route.destination_ipv6_cidr_block)
    blocks = (block,) if block else _prefix_list(route.destination_prefix_list)
    endpoint = ec2.vpc_end_points.get(route.gateway_id)
    if route.local:
        return Route(blocks, LOCAL)
    if endpoint is not None and endpoint.state != "deleted":
        return Route(blocks, ENDPOINT, _service(endpoint))
    if route.nat_gateway is not None and _is_out(ec2, route.nat_gateway):
        return Route(blocks, NAT_GATEWAY)
    return Route(blocks, INTERNET_GATEWAY if _is_to_internet(ec2, route) else NOTHING)


def _is_to_internet(ec2: Any, route: Any) -> bool:
    gateway = ec2.internet_gateways.get(route.gateway_id)
    return gateway is not None and gateway.vpc is not None


def _is_out(ec2: Any, gateway: Any) -> bool:
    """Whether a NAT gateway works and its own subnet has a route to the internet."""
    known = ec2.nat_gateways.get(gateway.id)
    if known is None or known.state != "available" or known.connectivity_type == "private":
        return False
    return any(_is_to_internet(ec2, route) for route in _of_subnet(ec2, _subnet(ec2, known.subnet_id)))


def _endpoints(ec2: Any) -> Iterator[Endpoint]:
    for endpoint in ec2.vpc_end_points.values():
        if str(endpoint.vpc_endpoint_type).lower() == "interface" and endpoint.state != "deleted":
            subnets = [_subnet(ec2, one) for one in endpoint.subnet_ids or ()]
            yield Endpoint(
                service=_service(endpoint),
                vpc=endpoint.vpc_id,
                groups=tuple(endpoint.security_group_ids),
                blocks=tuple(subnet.cidr_block for subnet in subnets if subnet is not None),
                private_dns=str(endpoint.private_dns_enabled).lower() != "false",
            )


def _service(endpoint: Any) -> str:
    return str(endpoint.service_name).removeprefix(f"com.amazonaws.{REGION}.")
