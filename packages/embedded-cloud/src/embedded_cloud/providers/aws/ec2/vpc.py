"""EC2: VPCs, subnets, internet gateways, flow logs."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.tagging import EC2_TAGS
from embedded_cloud.providers.call import Call, capital, from_boto
from embedded_cloud.providers.entry import ALL, ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values

_WATCHED = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}


def _create_flow_log(call: Call) -> str:
    name, kind = next((name, kind) for name, kind in _WATCHED.items() if name in call.inputs)
    answer = call.aws("ec2").create_flow_logs(
        ResourceType=kind,
        ResourceIds=[call.inputs[name]],
        **call.params(
            "trafficType logDestinationType logDestination logFormat maxAggregationInterval",
            iamRoleArn="DeliverLogsPermissionArn",
        ),
    )
    if answer.get("Unsuccessful"):
        raise OperationError(f"CreateFlowLogs: {answer['Unsuccessful'][0]['Error']['Message']}")
    return str(answer["FlowLogIds"][0])


def _read_flow_log(call: Call) -> Values | None:
    logs = call.aws("ec2").describe_flow_logs(FlowLogIds=[call.id])["FlowLogs"]
    if not logs:
        return None
    watched = next((name for name in _WATCHED if name in call.state), "vpcId")
    return {
        **from_boto(logs[0], "trafficType logDestinationType logDestination logFormat maxAggregationInterval"),
        **from_boto(logs[0], iamRoleArn="DeliverLogsPermissionArn"),
        watched: logs[0]["ResourceId"],
        "arn": call.arn("ec2", f"vpc-flow-log/{call.id}"),
    }


def _vpc_attribute(call: Call, name: str) -> bool:
    answer = call.aws("ec2").describe_vpc_attribute(VpcId=call.id, Attribute=name)
    return bool(answer[capital(name)]["Value"])


def _of_vpc(call: Call, operation: str, result: str) -> Any:
    filters = [{"Name": "vpc-id", "Values": [call.id]}]
    return getattr(call.aws("ec2"), operation)(Filters=filters)[result]


def _ipv6(associations: list[dict[str, Any]]) -> dict[str, Any]:
    """IPv6 block in use; disassociated blocks stay in the list for a while."""
    for association in associations:
        state = association.get("Ipv6CidrBlockState", {}).get("State", "associated")
        if state in ("associated", "associating"):
            return association
    return {}


def _read_vpc(call: Call) -> Values:
    (vpc,) = call.aws("ec2").describe_vpcs(VpcIds=[call.id])["Vpcs"]
    groups = _of_vpc(call, "describe_security_groups", "SecurityGroups")
    tables = _of_vpc(call, "describe_route_tables", "RouteTables")
    acls = _of_vpc(call, "describe_network_acls", "NetworkAcls")
    main = next((t["RouteTableId"] for t in tables if any(a.get("Main") for a in t["Associations"])), None)
    ipv6 = _ipv6(vpc.get("Ipv6CidrBlockAssociationSet", []))
    return {
        **from_boto(vpc, "cidrBlock instanceTenancy dhcpOptionsId"),
        "arn": call.arn("ec2", f"vpc/{call.id}"),
        "ownerId": call.account,
        "enableDnsSupport": _vpc_attribute(call, "enableDnsSupport"),
        "enableDnsHostnames": _vpc_attribute(call, "enableDnsHostnames"),
        "assignGeneratedIpv6CidrBlock": bool(ipv6),
        "ipv6CidrBlock": ipv6.get("Ipv6CidrBlock", ""),
        "ipv6AssociationId": ipv6.get("AssociationId", ""),
        "defaultSecurityGroupId": next((g["GroupId"] for g in groups if g["GroupName"] == "default"), None),
        "defaultRouteTableId": main,
        "mainRouteTableId": main,
        "defaultNetworkAclId": next((a["NetworkAclId"] for a in acls if a["IsDefault"]), None),
    }


def _create_vpc(call: Call) -> str:
    wanted = call.params("cidrBlock instanceTenancy", assignGeneratedIpv6CidrBlock="AmazonProvidedIpv6CidrBlock")
    return str(call.aws("ec2").create_vpc(**wanted)["Vpc"]["VpcId"])


def _set_vpc_attributes(call: Call) -> None:
    for name in ("enableDnsSupport", "enableDnsHostnames"):
        value = call.inputs.get(name, name == "enableDnsSupport")
        parameter = {capital(name): {"Value": value}}
        call.aws("ec2").modify_vpc_attribute(VpcId=call.id, **parameter)


def _read_subnet(call: Call) -> Values:
    (subnet,) = call.aws("ec2").describe_subnets(SubnetIds=[call.id])["Subnets"]
    blocks = subnet.get("Ipv6CidrBlockAssociationSet", [])
    ipv6 = _ipv6(blocks)
    return {
        **from_boto(subnet, "vpcId cidrBlock availabilityZone availabilityZoneId mapPublicIpOnLaunch ownerId"),
        **from_boto(subnet, "assignIpv6AddressOnCreation", arn="SubnetArn"),
        # moto reports an association without its block.
        "ipv6CidrBlock": ipv6.get("Ipv6CidrBlock", call.state.get("ipv6CidrBlock")) if blocks else None,
        "ipv6CidrBlockAssociationId": ipv6.get("AssociationId", ""),
    }


def _create_subnet(call: Call) -> str:
    wanted = call.params("vpcId cidrBlock ipv6CidrBlock availabilityZone availabilityZoneId")
    return str(call.aws("ec2").create_subnet(**wanted)["Subnet"]["SubnetId"])


def _set_subnet_attributes(call: Call) -> None:
    for name in ("mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"):
        if name in call.inputs or name in call.old_inputs:
            parameter = {capital(name): {"Value": call.inputs.get(name, False)}}
            call.aws("ec2").modify_subnet_attribute(SubnetId=call.id, **parameter)


def _read_internet_gateway(call: Call) -> Values:
    (gateway,) = call.aws("ec2").describe_internet_gateways(InternetGatewayIds=[call.id])["InternetGateways"]
    attached = [attachment["VpcId"] for attachment in gateway["Attachments"]]
    return {
        "vpcId": attached[0] if attached else None,
        "arn": call.arn("ec2", f"internet-gateway/{call.id}"),
        "ownerId": call.account,
    }


def _attach_internet_gateway(call: Call) -> None:
    attached = (_read_internet_gateway(call)).get("vpcId")
    wanted = call.inputs.get("vpcId")
    if attached and attached != wanted:
        call.aws("ec2").detach_internet_gateway(InternetGatewayId=call.id, VpcId=attached)
    if wanted and attached != wanted:
        call.aws("ec2").attach_internet_gateway(InternetGatewayId=call.id, VpcId=wanted)


def _delete_internet_gateway(call: Call) -> None:
    attached = _read_internet_gateway(call).get("vpcId")
    if attached:
        call.aws("ec2").detach_internet_gateway(InternetGatewayId=call.id, VpcId=attached)
    call.aws("ec2").delete_internet_gateway(InternetGatewayId=call.id)


EMULATION = Emulation(
    service="Amazon VPC",
    types="aws:ec2/vpc aws:ec2/subnet aws:ec2/route aws:ec2/internet aws:ec2/nat aws:ec2/eip aws:ec2/flowLog",
    acts=(
        "the range of the VPC is that of the Docker network, where Docker has it free",
        "with the packet filter, interfaces have addresses of their subnets",
        "routes, gateways and endpoints decide then what leaves a subnet, which services of AWS answer a task",
        "Fargate starts no task without a way to its image, secrets and log",
    ),
    stored=("network ACLs, flow logs, peering; without the packet filter, every container reaches every other",),
    refused=("ranges that overlap or lie outside",),
)

RESOURCES = (
    ResourceType(
        "aws:ec2/flowLog:FlowLog",
        reported="vpcId subnetId eniId trafficType logDestinationType logDestination logFormat "
        "maxAggregationInterval iamRoleArn",
        replaces=ALL,
        tags=EC2_TAGS,
        references={"vpcId": references.VPC, "iamRoleArn": references.ROLE, "logDestination": references.LOG_TARGET},
        # AWS refuses a second flow log of a network with the same destination.
        delete_before_replace=True,
        check=lambda inputs: (
            [] if any(name in inputs for name in _WATCHED) else [("vpcId", "one of vpcId, subnetId, eniId is required")]
        ),
        create=_create_flow_log,
        read=_read_flow_log,
        delete=lambda call: call.aws("ec2").delete_flow_logs(FlowLogIds=[call.id]),
    ),
    ResourceType(
        "aws:ec2/vpc:Vpc",
        effect="its range is that of the Docker network, where Docker has it free",
        reported="cidrBlock enableDnsSupport enableDnsHostnames instanceTenancy assignGeneratedIpv6CidrBlock",
        replaces="cidrBlock instanceTenancy assignGeneratedIpv6CidrBlock",
        tags=EC2_TAGS,
        create=_create_vpc,
        ready=_set_vpc_attributes,
        read=_read_vpc,
        update=lambda _call: None,  # `ready` sets the attributes after updates too
        delete=lambda call: call.aws("ec2").delete_vpc(VpcId=call.id),
    ),
    ResourceType(
        "aws:ec2/subnet:Subnet",
        effect="interfaces have addresses of it (packet filter)",
        reported="vpcId cidrBlock ipv6CidrBlock availabilityZone availabilityZoneId mapPublicIpOnLaunch "
        "assignIpv6AddressOnCreation",
        replaces="vpcId cidrBlock ipv6CidrBlock availabilityZone availabilityZoneId",
        tags=EC2_TAGS,
        references={"vpcId": references.VPC},
        # AWS refuses two subnets with one block.
        delete_before_replace=True,
        create=_create_subnet,
        ready=_set_subnet_attributes,
        read=_read_subnet,
        update=lambda _call: None,
        delete=lambda call: call.aws("ec2").delete_subnet(SubnetId=call.id),
    ),
    ResourceType(
        "aws:ec2/internetGateway:InternetGateway",
        effect="leads packets of public addresses out and in (packet filter)",
        reported="vpcId",
        tags=EC2_TAGS,
        references={"vpcId": references.VPC},
        create=lambda call: str(call.aws("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]),
        ready=_attach_internet_gateway,
        read=_read_internet_gateway,
        update=lambda _call: None,
        delete=_delete_internet_gateway,
    ),
)
