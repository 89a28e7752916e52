"""VPCs, routes, addresses, endpoints and security groups, through the provider protocol."""

from typing import Any

import pytest

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
ADDRESS = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"


@pytest.fixture(scope="module")
def vpc(emulation: Any) -> Any:
    wanted = {"cidrBlock": "10.20.0.0/16", "enableDnsHostnames": True, "assignGeneratedIpv6CidrBlock": True}
    return emulation.resource(VPC, "network", **wanted, tags={"Name": "network"})


@pytest.fixture(scope="module")
def subnet(emulation: Any, vpc: Any) -> Any:
    return emulation.resource(SUBNET, "public-a", vpcId=vpc.id, cidrBlock="10.20.0.0/24", availabilityZone="us-east-1a")


@pytest.fixture(scope="module")
def table(emulation: Any, vpc: Any) -> Any:
    return emulation.resource(TABLE, "public", vpcId=vpc.id)


def test_a_vpc_reports_its_outputs(vpc: Any) -> None:
    assert vpc.drift() == {}
    assert vpc.state["ipv6CidrBlock"].endswith("/56")
    assert vpc.state["arn"].endswith(f":vpc/{vpc.id}")
    assert vpc.state["defaultSecurityGroupId"].startswith("sg-")
    assert vpc.state["tagsAll"] == {"Name": "network"}


def test_dns_settings_of_a_vpc_change_in_place_and_drift_shows(emulation: Any, vpc: Any) -> None:
    vpc.up(**{**vpc.inputs, "enableDnsHostnames": False})
    emulation.client("ec2").modify_vpc_attribute(VpcId=vpc.id, EnableDnsSupport={"Value": False})
    assert vpc.drift() == {"enableDnsSupport": (True, False)}
    emulation.client("ec2").modify_vpc_attribute(VpcId=vpc.id, EnableDnsSupport={"Value": True})


def test_tags_changed_outside_pulumi_are_drift(emulation: Any, subnet: Any) -> None:
    assert subnet.drift() == {}
    emulation.client("ec2").create_tags(Resources=[subnet.id], Tags=[{"Key": "by", "Value": "hand"}])
    assert subnet.drift()["tags"][1] == {"by": "hand"}
    emulation.client("ec2").delete_tags(Resources=[subnet.id], Tags=[{"Key": "by"}])


def test_a_subnet_keeps_its_ipv6_block_through_a_refresh(emulation: Any, vpc: Any) -> None:
    block = vpc.state["ipv6CidrBlock"].replace("/56", "/64")
    inputs = {"vpcId": vpc.id, "cidrBlock": "10.20.9.0/24", "ipv6CidrBlock": block, "mapPublicIpOnLaunch": True}
    subnet = emulation.resource(SUBNET, "six", **inputs)
    assert subnet.state["ipv6CidrBlock"] == block
    assert subnet.diff(**{**inputs, "cidrBlock": "10.20.8.0/24"})[1] == {"cidrBlock"}
    subnet.check_life()


def test_a_route_changes_its_gateway_in_place(emulation: Any, vpc: Any, subnet: Any, table: Any) -> None:
    gateway = emulation.resource(GATEWAY, "internet", vpcId=vpc.id)
    address = emulation.resource(ADDRESS, "nat", domain="vpc")
    nat = emulation.resource(NAT, "nat", subnetId=subnet.id, allocationId=address.state["allocationId"])
    inputs = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}
    route = emulation.resource(ROUTE, "out", **inputs)
    moved = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": nat.id}
    assert route.diff(**moved) == ({"gatewayId", "natGatewayId"}, set())
    route.check_life()
    for resource in (nat, address, gateway):
        resource.check_life()


def test_an_address_can_be_used_again_after_its_nat_gateway_is_deleted(emulation: Any, subnet: Any) -> None:
    address = emulation.resource(ADDRESS, "reused", domain="vpc")
    first = emulation.resource(NAT, "first", subnetId=subnet.id, allocationId=address.id)
    first.delete()
    second = emulation.resource(NAT, "second", subnetId=subnet.id, allocationId=address.id)
    assert second.is_there()
    second.delete()
    address.delete()


def test_an_association_takes_another_table_in_place_and_is_deleted_alone(
    emulation: Any, vpc: Any, subnet: Any, table: Any
) -> None:
    """A subnet between two associations would route by the VPC's main table."""
    other = emulation.resource(TABLE, "other", vpcId=vpc.id)
    inputs = {"subnetId": subnet.id, "routeTableId": table.id}
    association = emulation.resource(ASSOCIATION, "public-a", **inputs)
    assert association.diff(subnetId="subnet-other", routeTableId=table.id)[1] == {"subnetId"}
    # AWS gives it another id each time.
    for wanted in (other, table, other):
        association.up(subnetId=subnet.id, routeTableId=wanted.id)
        association.assert_unchanged()
        (found,) = emulation.client("ec2").describe_route_tables(
            Filters=[{"Name": "association.subnet-id", "Values": [subnet.id]}]
        )["RouteTables"]
        assert found["RouteTableId"] == wanted.id
    association.check_life()
    other.check_life()


@pytest.mark.parametrize("kind", ["Gateway", "Interface"])
def test_gateway_and_interface_endpoints_are_created_and_deleted(
    emulation: Any, vpc: Any, subnet: Any, table: Any, kind: str
) -> None:
    place = (
        {"routeTableIds": [table.id]} if kind == "Gateway" else {"subnetIds": [subnet.id], "privateDnsEnabled": True}
    )
    service = "com.amazonaws.us-east-1.s3" if kind == "Gateway" else "com.amazonaws.us-east-1.logs"
    inputs = {"vpcId": vpc.id, "vpcEndpointType": kind, "serviceName": service, **place}
    endpoint = emulation.resource(ENDPOINT, kind, **inputs)
    if kind == "Gateway":
        assert endpoint.state["prefixListId"].startswith("pl-")
    endpoint.check_life()


def test_a_new_security_group_has_no_egress_rule(emulation: Any, vpc: Any) -> None:
    group = emulation.resource(GROUP, "tasks", vpcId=vpc.id, description="tasks")
    (known,) = emulation.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    assert known["IpPermissionsEgress"] == []
    group.check_life()


@pytest.mark.parametrize("token", [INGRESS, EGRESS])
@pytest.mark.parametrize("source", ["cidrIpv4", "cidrIpv6", "referencedSecurityGroupId"])
def test_a_security_group_rule_is_a_resource_of_its_own(emulation: Any, vpc: Any, token: str, source: str) -> None:
    group = emulation.resource(GROUP, f"{token[-12:]}-{source}", vpcId=vpc.id)
    value = {"cidrIpv4": "0.0.0.0/0", "cidrIpv6": "::/0", "referencedSecurityGroupId": group.id}[source]
    ports = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "description": "why"}
    inputs = {"securityGroupId": group.id, source: value, **ports}
    rule = emulation.resource(token, source, **inputs)
    assert rule.diff(**{**inputs, "toPort": 444})[1] == {"toPort"}
    rule.check_life()
    group.delete()


def test_a_rule_removed_outside_pulumi_is_missing(emulation: Any, vpc: Any) -> None:
    group = emulation.resource(GROUP, "watched", vpcId=vpc.id)
    rule = emulation.resource(INGRESS, "x", securityGroupId=group.id, cidrIpv4="10.0.0.0/8", ipProtocol="-1")
    emulation.client("ec2").revoke_security_group_ingress(GroupId=group.id, SecurityGroupRuleIds=[rule.id])
    assert not rule.is_there()


def test_the_default_group_is_emptied_and_stays_with_its_vpc(emulation: Any, vpc: Any) -> None:
    inputs: dict[str, Any] = {"vpcId": vpc.id, "ingress": [], "egress": []}
    group = emulation.resource(DEFAULT_GROUP, "default", **inputs)
    ec2 = emulation.client("ec2")
    (known,) = ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    assert (known["IpPermissions"], known["IpPermissionsEgress"]) == ([], [])
    assert group.drift() == {}
    ec2.authorize_security_group_ingress(GroupId=group.id, IpProtocol="-1", CidrIp="0.0.0.0/0")
    assert set(group.drift()) == {"ingress"}
    group.delete()
    assert group.is_there()


def test_a_flow_log_writes_to_a_log_group(emulation: Any, vpc: Any) -> None:
    emulation.client("logs").create_log_group(logGroupName="flow")
    role = emulation.client("iam").create_role(RoleName="flow", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    inputs = {
        "vpcId": vpc.id,
        "trafficType": "REJECT",
        "logDestinationType": "cloud-watch-logs",
        "logDestination": "arn:aws:logs:us-east-1:123456789012:log-group:flow",
        "iamRoleArn": role,
    }
    emulation.resource(FLOW_LOG, "refused", **inputs).check_life()


def test_availability_zones_are_found(emulation: Any) -> None:
    opted = [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
    zones = emulation.call("aws:index/getAvailabilityZones:getAvailabilityZones", state="available", filters=opted)
    assert zones["names"][:2] == ["us-east-1a", "us-east-1b"]
