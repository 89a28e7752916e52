"""EC2: VPC, subnets, internet gateway."""

from typing import Any

from local.provider.aws.tagging import EC2_TAGS
from local.provider.call import Call, from_boto
from local.provider.entry import ResourceType
from local.provider.values import Values


def describe_vpc(call: Call, vpc_id: str) -> dict[str, Any]:
    """What EC2 says about a VPC."""
    vpc: dict[str, Any] = call.aws("ec2").describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]
    return vpc


def _vpc_attribute(call: Call, name: str) -> bool:
    answer = call.aws("ec2").describe_vpc_attribute(VpcId=call.id, Attribute=name)
    return bool(answer[name[0].upper() + name[1:]]["Value"])


def _of_vpc(call: Call, operation: str, result: str) -> Any:
    filters = [{"Name": "vpc-id", "Values": [call.id]}]
    return getattr(call.aws("ec2"), operation)(Filters=filters)[result]


def _read_vpc(call: Call) -> Values:
    groups = _of_vpc(call, "describe_security_groups", "SecurityGroups")
    tables = _of_vpc(call, "describe_route_tables", "RouteTables")
    acls = _of_vpc(call, "describe_network_acls", "NetworkAcls")
    main = [t["RouteTableId"] for t in tables if any(a.get("Main") for a in t["Associations"])]
    return {
        **from_boto(describe_vpc(call, call.id), "cidrBlock instanceTenancy dhcpOptionsId"),
        "arn": call.arn("ec2", f"vpc/{call.id}"),
        "ownerId": call.account,
        "enableDnsSupport": _vpc_attribute(call, "enableDnsSupport"),
        "enableDnsHostnames": _vpc_attribute(call, "enableDnsHostnames"),
        "defaultSecurityGroupId": next((g["GroupId"] for g in groups if g["GroupName"] == "default"), None),
        "defaultRouteTableId": main[0] if main else None,
        "mainRouteTableId": main[0] if main else None,
        "defaultNetworkAclId": next((a["NetworkAclId"] for a in acls if a["IsDefault"]), None),
    }


def _update_vpc(call: Call) -> None:
    for name in ("enableDnsSupport", "enableDnsHostnames"):
        value = call.inputs.get(name, name == "enableDnsSupport")
        parameter = {name[0].upper() + name[1:]: {"Value": value}}
        call.aws("ec2").modify_vpc_attribute(VpcId=call.id, **parameter)


RESOURCES = (
    ResourceType(
        "aws:ec2/vpc:Vpc",
        reported="cidrBlock enableDnsSupport enableDnsHostnames instanceTenancy",
        replaces="cidrBlock instanceTenancy",
        tags=EC2_TAGS,
        create=lambda call: str(call.aws("ec2").create_vpc(**call.params("cidrBlock instanceTenancy"))["Vpc"]["VpcId"]),
        ready=_update_vpc,
        read=_read_vpc,
        update=_update_vpc,
        delete=lambda call: call.aws("ec2").delete_vpc(VpcId=call.id),
    ),
)
