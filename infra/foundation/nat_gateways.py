"""NAT gateways, and the routes of private subnets through them."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws


def route_through_nat(
    name: str,
    public: Sequence[aws.ec2.Subnet],
    tables: Mapping[str, aws.ec2.RouteTable],
    internet_routes: Sequence[aws.ec2.Route],
    parent: pulumi.Resource,
    *,
    per_zone: bool,
) -> list[aws.ec2.Route]:
    """Route each zone's table through the NAT gateway of its zone or, unless `per_zone`, all through the first one.

    `public` and `tables`, by letter of the zone, are in the order of the zones. A change of `per_zone` replaces the
    target of a route in one request, after the new gateway exists and before the old one is deleted. Tasks keep
    running; connections to the internet that they opened through the old gateway end.
    """
    gateways = [_nat_gateway(f"{name}-nat", public[0], internet_routes, parent)]
    routes = []
    for index, (zone, table) in enumerate(tables.items()):
        # The first zone's names have no letter: they are those of the only gateway.
        suffix = f"-{zone}" if index else ""
        if index and per_zone:
            gateways.append(_nat_gateway(f"{name}-nat{suffix}", public[index], internet_routes, parent))
        route = aws.ec2.Route(
            f"{name}-task{suffix}-ipv4",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=gateways[-1].id,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        routes.append(route)
    return routes


def _nat_gateway(
    name: str, subnet: aws.ec2.Subnet, internet_routes: Sequence[aws.ec2.Route], parent: pulumi.Resource
) -> aws.ec2.NatGateway:
    """A NAT gateway with an address of its own; AWS creates it only with a route to an internet gateway."""
    address = aws.ec2.Eip(name, domain="vpc", opts=pulumi.ResourceOptions(parent=parent))
    return aws.ec2.NatGateway(
        name,
        subnet_id=subnet.id,
        allocation_id=address.allocation_id,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(internet_routes)),
    )
