"""EC2: what AWS refuses because something is there already, and the quotas of a new account."""

from collections.abc import Sequence
from ipaddress import ip_network

from moto.ec2.exceptions import EC2ClientError, InvalidSubnetRangeError
from moto.ec2.models import EC2Backend

from embedded_cloud.api.moto_patches.replace import check_before

ELASTIC_ADDRESSES = 5
"""Elastic IP addresses of a new account in a region (Amazon VPC User Guide, "Amazon VPC quotas")."""
SMALLEST_SUBNET = 28
"""Longest prefix of a subnet (Amazon VPC User Guide, "Subnet CIDR blocks")."""


def apply() -> None:
    check_before(EC2Backend, "allocate_address", _allocate_address)
    check_before(EC2Backend, "associate_route_table", _associate_route_table)
    check_before(EC2Backend, "attach_internet_gateway", _attach_internet_gateway)
    check_before(EC2Backend, "create_subnet", _create_subnet)
    check_before(EC2Backend, "create_vpc_endpoint", _create_vpc_endpoint)


def _allocate_address(ec2: EC2Backend) -> None:
    if len(ec2.addresses) >= ELASTIC_ADDRESSES:
        raise EC2ClientError("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def _associate_route_table(ec2: EC2Backend, route_table_id: str, subnet_id: str | None) -> None:
    for table in ec2.route_tables.values():
        if subnet_id and table.id != route_table_id and subnet_id in table._associations.values():
            raise EC2ClientError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {route_table_id} conflicts with an existing association",
            )


def _attach_internet_gateway(ec2: EC2Backend, internet_gateway_id: str, vpc_id: str) -> None:
    for gateway in ec2.internet_gateways.values():
        if gateway.id != internet_gateway_id and gateway.vpc and gateway.vpc.id == vpc_id:
            raise EC2ClientError("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached")


def _create_subnet(_: EC2Backend, cidr_block: str) -> None:
    if cidr_block and ip_network(cidr_block, strict=False).prefixlen > SMALLEST_SUBNET:
        raise InvalidSubnetRangeError(cidr_block)


def _create_vpc_endpoint(
    ec2: EC2Backend,
    vpc_id: str,
    service_name: str,
    endpoint_type: str | None,
    private_dns_enabled: bool | None,
    route_table_ids: Sequence[str] | None,
) -> None:
    for endpoint in ec2.vpc_end_points.values():
        if (endpoint.vpc_id, endpoint.service_name) != (vpc_id, service_name) or endpoint.state == "deleted":
            continue
        interface = str(endpoint_type).lower() == "interface"
        if interface and endpoint.private_dns_enabled and private_dns_enabled:
            raise EC2ClientError(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                f"{service_name.rpartition('.')[2]}.{ec2.region_name}.amazonaws.com in the VPC {vpc_id}",
            )
        for table in set(endpoint.route_table_ids or []) & set(route_table_ids or []):
            raise EC2ClientError("RouteAlreadyExists", f"route table {table} already has a route to {service_name}")
