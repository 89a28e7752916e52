"""EC2: route tables, routes, Elastic IPs, NAT gateways."""

from typing import Any

from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.tagging import EC2_TAGS
from embedded_cloud.providers.call import Call, capital, from_boto, to_boto
from embedded_cloud.providers.entry import ALL, ResourceType
from embedded_cloud.providers.values import Values

DESTINATIONS = "destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId"
TARGETS = "gatewayId natGatewayId egressOnlyGatewayId networkInterfaceId transitGatewayId vpcPeeringConnectionId"


def _table(call: Call, table_id: str) -> dict[str, Any]:
    table: dict[str, Any] = call.aws("ec2").describe_route_tables(RouteTableIds=[table_id])["RouteTables"][0]
    return table


def _read_table(call: Call) -> Values:
    return {
        "vpcId": _table(call, call.id)["VpcId"],
        "arn": call.arn("ec2", f"route-table/{call.id}"),
        "ownerId": call.account,
    }


def _destination(values: Values) -> dict[str, Any]:
    return {capital(name): values[name] for name in DESTINATIONS.split() if values.get(name)}


def _create_route(call: Call) -> str:
    call.aws("ec2").create_route(**call.params(f"routeTableId {DESTINATIONS} {TARGETS}"))
    return "_".join([call.inputs["routeTableId"], *_destination(call.inputs).values()])


def _read_route(call: Call) -> Values | None:
    destination = _destination(call.state)
    for route in _table(call, call.state["routeTableId"])["Routes"]:
        if all(route.get(name) == value for name, value in destination.items()):
            return {
                "routeTableId": call.state["routeTableId"],
                **from_boto(route, f"{DESTINATIONS} {TARGETS} state origin"),
            }
    return None


def _delete_route(call: Call) -> None:
    call.aws("ec2").delete_route(RouteTableId=call.state["routeTableId"], **_destination(call.state))


def _association(call: Call) -> dict[str, Any] | None:
    """The association with this id, or the one of the same subnet or gateway.

    An update gives it a new id, as on AWS, and Pulumi keeps the first one.
    """
    tables = call.aws("ec2").describe_route_tables()["RouteTables"]
    found = [one for table in tables for one in table["Associations"]]
    place = to_boto(call.state, "subnetId gatewayId")
    here = [one for one in found if place and {name: one.get(name) for name in place} == place]
    by_id = [one for one in found if one["RouteTableAssociationId"] == call.id]
    return next(iter([*by_id, *here]), None)


def _read_association(call: Call) -> Values | None:
    found = _association(call)
    return None if found is None else from_boto(found, "routeTableId subnetId gatewayId")


def _create_association(call: Call) -> str:
    return str(call.aws("ec2").associate_route_table(**call.params("routeTableId subnetId gatewayId"))["AssociationId"])


def _update_association(call: Call) -> None:
    found = _association(call)
    if found is None:
        _create_association(call)
        return
    call.aws("ec2").replace_route_table_association(
        AssociationId=found["RouteTableAssociationId"], RouteTableId=call.inputs["routeTableId"]
    )


def _delete_association(call: Call) -> None:
    if found := _association(call):
        call.aws("ec2").disassociate_route_table(AssociationId=found["RouteTableAssociationId"])


def _read_address(call: Call) -> Values | None:
    found = call.aws("ec2").describe_addresses(AllocationIds=[call.id])["Addresses"]
    if not found:
        return None
    known = from_boto(
        found[0],
        "domain allocationId associationId publicIp",
        networkInterface="NetworkInterfaceId",
        privateIp="PrivateIpAddress",
        instance="InstanceId",
    )
    return {**known, "arn": call.arn("ec2", f"elastic-ip/{call.id}"), "publicIpv4Pool": "amazon"}


def _create_nat_gateway(call: Call) -> str:
    wanted = call.params("subnetId allocationId connectivityType", privateIp="PrivateIpAddress")
    return str(call.aws("ec2").create_nat_gateway(**wanted)["NatGateway"]["NatGatewayId"])


def _nat_gateway(call: Call) -> dict[str, Any]:
    found = call.aws("ec2").describe_nat_gateways(NatGatewayIds=[call.id])["NatGateways"]
    return found[0] if found and found[0]["State"] not in ("deleted", "failed") else {}


def _read_nat_gateway(call: Call) -> Values | None:
    gateway = _nat_gateway(call)
    if not gateway or gateway["State"] == "deleting":
        return None
    (address, *_) = gateway["NatGatewayAddresses"] or [{}]
    return {
        **from_boto(gateway, "subnetId connectivityType"),
        **from_boto(address, "allocationId associationId networkInterfaceId privateIp publicIp"),
    }


def _delete_nat_gateway(call: Call) -> None:
    ec2 = call.aws("ec2")
    if _nat_gateway(call):
        ec2.delete_nat_gateway(NatGatewayId=call.id)
        call.wait_for(lambda: not _nat_gateway(call), f"{call.id} to be deleted")
    if call.state.get("allocationId"):
        # AWS releases the address with the gateway; moto does not.
        for address in ec2.describe_addresses(AllocationIds=[call.state["allocationId"]])["Addresses"]:
            if address.get("AssociationId"):
                ec2.disassociate_address(AssociationId=address["AssociationId"])


RESOURCES = (
    ResourceType(
        "aws:ec2/routeTable:RouteTable",
        effect="decides with its routes what leaves a subnet (packet filter)",
        reported="vpcId",
        replaces="vpcId",
        tags=EC2_TAGS,
        references={"vpcId": references.VPC},
        create=lambda call: str(
            call.aws("ec2").create_route_table(**call.params("vpcId"))["RouteTable"]["RouteTableId"]
        ),
        read=_read_table,
        delete=lambda call: call.aws("ec2").delete_route_table(RouteTableId=call.id),
    ),
    ResourceType(
        "aws:ec2/route:Route",
        effect="decides what leaves a subnet (packet filter)",
        reported=f"routeTableId {DESTINATIONS} {TARGETS}",
        replaces=f"routeTableId {DESTINATIONS}",
        references={
            "routeTableId": references.ROUTE_TABLE,
            "gatewayId": references.GATEWAY,
            "natGatewayId": references.NAT_GATEWAY,
        },
        check=lambda inputs: [
            (names.split()[0], f"exactly one of {', '.join(names.split())} is required")
            for names in (DESTINATIONS, TARGETS)
            if sum(name in inputs for name in names.split()) != 1
        ],
        delete_before_replace=True,
        create=_create_route,
        read=_read_route,
        update=lambda call: call.aws("ec2").replace_route(**call.params(f"routeTableId {DESTINATIONS} {TARGETS}")),
        delete=_delete_route,
    ),
    ResourceType(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        effect="gives a subnet its routes (packet filter)",
        reported="routeTableId subnetId gatewayId",
        replaces="subnetId gatewayId",
        references={"routeTableId": references.ROUTE_TABLE, "subnetId": references.SUBNET},
        create=_create_association,
        read=_read_association,
        update=_update_association,
        delete=_delete_association,
    ),
    ResourceType(
        "aws:ec2/eip:Eip",
        reported="domain",
        replaces="domain",
        tags=EC2_TAGS,
        create=lambda call: str(
            call.aws("ec2").allocate_address(Domain=call.inputs.get("domain", "vpc"))["AllocationId"]
        ),
        read=_read_address,
        delete=lambda call: call.aws("ec2").release_address(AllocationId=call.id),
    ),
    ResourceType(
        "aws:ec2/natGateway:NatGateway",
        effect="leads packets of private subnets out (packet filter)",
        reported="subnetId allocationId connectivityType privateIp",
        replaces=ALL,
        tags=EC2_TAGS,
        references={"subnetId": references.SUBNET, "allocationId": references.ELASTIC_IP},
        # The old gateway holds the address until it is deleted.
        delete_before_replace=True,
        create=_create_nat_gateway,
        ready=lambda call: call.wait_for(
            lambda: _nat_gateway(call).get("State") == "available", f"{call.id} to be available"
        ),
        read=_read_nat_gateway,
        delete=_delete_nat_gateway,
    ),
)
