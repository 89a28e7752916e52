"""EC2: what AWS refuses because something is there already, and the quotas of a new account."""

import inspect
from ipaddress import ip_network
from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidSubnetRangeError
from moto.ec2.models import EC2Backend

from embedded_cloud.api.moto_patches.replace import Method, wrap_method

ELASTIC_ADDRESSES = 5
"""Elastic IP addresses of a new account in a region (Amazon VPC User Guide, "Amazon VPC quotas")."""
SMALLEST_SUBNET = 28
"""Longest prefix of a subnet (Amazon VPC User Guide, "Subnet CIDR blocks")."""


def apply() -> None:
    wrap_method(EC2Backend, "allocate_address", _allocate_address)
    wrap_method(EC2Backend, "associate_route_table", _associate_route_table)
    wrap_method(EC2Backend, "attach_internet_gateway", _attach_internet_gateway)
    wrap_method(EC2Backend, "create_subnet", _create_subnet)
    wrap_method(EC2Backend, "create_vpc_endpoint", _create_vpc_endpoint)


def _allocate_address(original: Method, self: EC2Backend, *arguments: Any, **named: Any) -> Any:
    if len(self.addresses) >= ELASTIC_ADDRESSES:
        raise EC2ClientError("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    return original(self, *arguments, **named)


def _associate_route_table(
    original: Method, self: EC2Backend, route_table_id: str, gateway_id: str | None = None, subnet_id: str | None = None
) -> Any:
    for table in self.route_tables.values():
        if subnet_id and table.id != route_table_id and subnet_id in table._associations.values():
            raise EC2ClientError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {route_table_id} conflicts with an existing association",
            )
    return original(self, route_table_id, gateway_id, subnet_id)


def _attach_internet_gateway(original: Method, self: EC2Backend, internet_gateway_id: str, vpc_id: str) -> Any:
    for gateway in self.internet_gateways.values():
        if gateway.id != internet_gateway_id and gateway.vpc and gateway.vpc.id == vpc_id:
            raise EC2ClientError("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached")
    return original(self, internet_gateway_id, vpc_id)


def _create_subnet(original: Method, self: EC2Backend, vpc_id: str, cidr_block: str, *rest: Any, **named: Any) -> Any:
    if cidr_block and ip_network(cidr_block, strict=False).prefixlen > SMALLEST_SUBNET:
        raise InvalidSubnetRangeError(cidr_block)
    return original(self, vpc_id, cidr_block, *rest, **named)


def _create_vpc_endpoint(
    original: Method,
    self: EC2Backend,
    vpc_id: str,
    service_name: str,
    endpoint_type: str | None,
    *rest: Any,
    **named: Any,
) -> Any:
    given = inspect.signature(original).bind(self, vpc_id, service_name, endpoint_type, *rest, **named).arguments
    for endpoint in self.vpc_end_points.values():
        if (endpoint.vpc_id, endpoint.service_name) != (vpc_id, service_name) or endpoint.state == "deleted":
            continue
        interface = str(endpoint_type).lower() == "interface"
        if interface and endpoint.private_dns_enabled and given.get("private_dns_enabled"):
            raise EC2ClientError(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                f"{service_name.rpartition('.')[2]}.{self.region_name}.amazonaws.com in the VPC {vpc_id}",
            )
        for table in set(endpoint.route_table_ids or []) & set(given.get("route_table_ids") or []):
            raise EC2ClientError("RouteAlreadyExists", f"route table {table} already has a route to {service_name}")
    return original(self, vpc_id, service_name, endpoint_type, *rest, **named)
