"""The network: which subnets reach the internet, and which endpoints replace it."""

import functools
import json

import pulumi_aws as aws
import pytest

from infra.foundation.network import EGRESS, Network, NetworkArgs
from infra.foundation.vpc_endpoints import VpcEndpoints, VpcEndpointsArgs
from local.runtime import ROOT
from tests.infra.settings_helpers import DECLARED
from tests.recorder import Recorder, new_engine

FLOW_LOGS = "arn:aws:logs:eu-west-1:123456789012:log-group:flow"


@functools.cache
def declare(egress: str = "gateway", protect: bool = True) -> tuple[Recorder, dict[str, list[str]]]:
    """The recorded network, and the ids of its subnets by kind."""
    engine = new_engine()
    args = NetworkArgs(
        vpc_cidr="192.168.0.0/20", egress=egress, region="eu-west-1", flow_log_group_arn=FLOW_LOGS, protect=protect
    )

    def program():
        network = Network("network", args)
        aws.lb.LoadBalancer("balancer", subnets=network.public_subnet_ids)
        return {
            "public": network.public_subnet_ids,
            "task": network.task_subnet_ids,
            "database": network.database_subnet_ids,
        }

    return engine, engine.run(program)


@pytest.mark.parametrize("egress", EGRESS)
def test_the_setting_and_the_page_on_zones_describe_each_choice(egress):
    assert f"`{egress}`" in DECLARED["egress"]["description"]
    assert f"`egress: {egress}`" in (ROOT / "docs" / "zone-failure.md").read_text()


def zone_of(engine: Recorder, subnet_id: str):
    """The availability zone of a subnet."""
    return engine.one("ec2/subnet:Subnet", subnet_id.removesuffix("-id"))["availabilityZone"]


def routes_of(engine: Recorder, subnet_id: str):
    """The routes of a subnet's route table by destination."""
    (table,) = [
        association.inputs["routeTableId"]
        for association in engine.all("ec2/routeTableAssociation:RouteTableAssociation")
        if association.inputs["subnetId"] == subnet_id
    ]
    return {
        (route.inputs.get("destinationCidrBlock") or route.inputs.get("destinationIpv6CidrBlock")): route.inputs
        for route in engine.all("ec2/route:Route")
        if route.inputs["routeTableId"] == table
    }


@pytest.mark.parametrize("egress", EGRESS)
def test_the_load_balancer_reaches_the_internet_over_both_protocols_and_the_database_does_not(egress):
    engine, subnets = declare(egress)
    for subnet in subnets["database"]:
        assert routes_of(engine, subnet) == {}
    for subnet in subnets["public"]:
        routes = routes_of(engine, subnet)
        assert routes.keys() == {"0.0.0.0/0", "::/0"}
        assert all(route["gatewayId"] == "network-internet-id" for route in routes.values())
    # AWS creates a public load balancer only in subnets with these routes.
    dependencies = engine.options("lb/loadBalancer:LoadBalancer", "balancer").dependencies
    names = {urn.rpartition("::")[2] for urn in dependencies}
    assert {"network-public-ipv4", "network-public-ipv6"} <= names


def test_gateway_sends_the_private_tasks_of_both_zones_through_one_nat_gateway():
    engine, subnets = declare("gateway")
    nat = engine.one("ec2/natGateway:NatGateway")
    assert nat["subnetId"] == subnets["public"][0]
    assert nat["allocationId"] == "eipalloc-network-nat"
    for subnet in subnets["task"]:
        assert routes_of(engine, subnet)["0.0.0.0/0"]["natGatewayId"] == "network-nat-id"


def test_gateway_per_zone_keeps_the_tasks_of_a_zone_independent_of_the_other_zone():
    engine, subnets = declare("gateway-per-zone")
    gateways = {f"{nat.name}-id": nat.inputs for nat in engine.all("ec2/natGateway:NatGateway")}
    assert len({nat["allocationId"] for nat in gateways.values()}) == len(gateways) == 2
    for task, public in zip(subnets["task"], subnets["public"], strict=True):
        gateway = gateways[routes_of(engine, task)["0.0.0.0/0"]["natGatewayId"]]
        assert gateway["subnetId"] == public
        assert zone_of(engine, task) == zone_of(engine, public)


@pytest.mark.parametrize("egress", ["gateway", "gateway-per-zone"])
def test_private_tasks_get_their_route_table_once_it_leads_out_through_a_gateway_that_works(egress):
    engine, subnets = declare(egress)
    assert not set(subnets["task"]) & set(subnets["public"])
    for nat in engine.all("ec2/natGateway:NatGateway"):
        dependencies = engine.options("ec2/natGateway:NatGateway", nat.name).dependencies
        assert any(urn.endswith("::network-public-ipv4") for urn in dependencies)
    for zone in "ab":
        association = engine.options("ec2/routeTableAssociation:RouteTableAssociation", f"network-task-{zone}")
        names = {urn.rpartition("::")[2] for urn in association.dependencies}
        assert {"network-s3-task", "network-task-ipv4", "network-task-b-ipv4"} <= names


def test_a_change_between_the_gateways_changes_the_target_of_one_route_and_nothing_else_that_exists():
    one, both = ({(r.typ, r.name): r.inputs for r in declare(egress)[0].resources} for egress in EGRESS[:2])
    different = {name for name in one.keys() & both.keys() if one[name] != both[name]}
    assert different == {("aws:ec2/route:Route", "network-task-b-ipv4")}
    assert not one.keys() - both.keys()
    assert {name for _, name in both.keys() - one.keys()} == {"network-nat-b"}


def test_public_puts_tasks_into_the_public_subnets_and_pays_for_no_gateway():
    engine, subnets = declare("public")
    assert subnets["task"] == subnets["public"]
    assert engine.all("ec2/natGateway:NatGateway") == engine.all("ec2/eip:Eip") == []


def test_endpoints_leaves_tasks_without_a_route_to_the_internet():
    engine, subnets = declare("endpoints")
    for subnet in subnets["task"]:
        assert routes_of(engine, subnet) == {}
    assert engine.all("ec2/natGateway:NatGateway") == []


@pytest.mark.parametrize("egress", EGRESS)
def test_tasks_reach_s3_through_a_gateway_endpoint(egress):
    engine, subnets = declare(egress)
    endpoint = engine.one("ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert endpoint["serviceName"] == "com.amazonaws.eu-west-1.s3"
    tables = {
        association.inputs["routeTableId"]
        for association in engine.all("ec2/routeTableAssociation:RouteTableAssociation")
        if association.inputs["subnetId"] in subnets["task"]
    }
    assert set(endpoint["routeTableIds"]) == tables


def test_public_and_task_subnets_have_an_s3_endpoint_each_so_that_a_change_of_egress_updates_none():
    """A changed list of route tables is applied early in an update, while old tasks still run."""
    tables: dict[str, object] = {}
    for egress in EGRESS:
        (endpoint,) = declare(egress)[0].all("ec2/vpcEndpoint:VpcEndpoint")
        found = endpoint.inputs["routeTableIds"]
        assert tables.setdefault(endpoint.name, found) == found
    assert tables == {
        "network-s3-task": ["network-task-id", "network-task-b-id"],
        "network-s3-public": ["network-public-id"],
    }


@pytest.mark.parametrize("egress", EGRESS)
def test_each_kind_of_subnet_is_in_two_zones_and_gives_out_no_public_addresses(egress):
    engine, subnets = declare(egress)
    all_subnets = engine.all("ec2/subnet:Subnet")
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in all_subnets)
    for ids in subnets.values():
        zones = {subnet.inputs["availabilityZone"] for subnet in all_subnets if f"{subnet.name}-id" in ids}
        assert zones == {"us-east-1a", "us-east-1b"}


def test_zones_that_need_opting_in_or_cannot_run_the_tasks_are_left_out_and_an_impaired_one_replaces_nothing():
    engine, _ = declare()
    for subnet in engine.all("ec2/subnet:Subnet"):
        assert "availabilityZone" in engine.options("ec2/subnet:Subnet", subnet.name).ignoreChanges
    (call,) = [call for call in engine.calls if call.token.endswith("getAvailabilityZones")]
    assert call.args["filters"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
    assert set(call.args["excludeZoneIds"]) == {"apne1-az3", "use1-az3", "usw1-az2"}


def test_only_the_public_subnets_have_ipv6():
    engine, _ = declare()
    with_ipv6 = {
        subnet.name: subnet.inputs["ipv6CidrBlock"]
        for subnet in engine.all("ec2/subnet:Subnet")
        if "ipv6CidrBlock" in subnet.inputs
    }
    assert with_ipv6 == {
        "network-public-a": "2600:1f18:1234:5600::/64",
        "network-public-b": "2600:1f18:1234:5601::/64",
    }


@pytest.mark.parametrize("protect", [True, False])
def test_names_resolve_inside_the_vpc_which_pulumi_protects_with_the_stack(protect):
    engine, _ = declare(protect=protect)
    vpc = engine.one("ec2/vpc:Vpc")
    assert (vpc["cidrBlock"], vpc["enableDnsHostnames"], vpc["enableDnsSupport"]) == ("192.168.0.0/20", True, True)
    assert engine.options("ec2/vpc:Vpc", "network-vpc").protect is protect


def test_rejected_traffic_is_logged_by_a_role_that_only_flow_logs_of_this_account_assume():
    engine, _ = declare()
    log = engine.one("ec2/flowLog:FlowLog")
    assert (log["vpcId"], log["trafficType"], log["logDestination"]) == ("network-vpc-id", "REJECT", FLOW_LOGS)
    assert log["logDestinationType"] == "cloud-watch-logs"
    assert log["iamRoleArn"] == "arn:aws:iam::123456789012:role/network-refused-writer"
    (trust,) = json.loads(engine.one("iam/role:Role")["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_flow_log_waits_for_its_role_which_writes_to_its_group_only():
    engine, _ = declare()
    (statement,) = json.loads(engine.one("iam/rolePolicy:RolePolicy")["policy"])["Statement"]
    assert statement["Resource"] == f"{FLOW_LOGS}:*"
    assert all(action.startswith("logs:") and "*" not in action for action in statement["Action"])
    dependencies = engine.options("ec2/flowLog:FlowLog", "network-refused").dependencies
    assert any("RolePolicy" in urn for urn in dependencies)


def test_a_task_pulls_images_writes_logs_reads_secrets_and_opens_a_shell_from_both_zones(engine):
    args = VpcEndpointsArgs(vpc_id="vpc-1", subnet_ids=["s-a", "s-b"], security_group_id="sg-1", region="eu-west-1")
    engine.run(lambda: VpcEndpoints("endpoints", args).urn)
    endpoints = [endpoint.inputs for endpoint in engine.all("ec2/vpcEndpoint:VpcEndpoint")]
    names = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages")
    assert {endpoint["serviceName"] for endpoint in endpoints} == {f"com.amazonaws.eu-west-1.{name}" for name in names}
    for endpoint in endpoints:
        assert endpoint["vpcEndpointType"] == "Interface"
        assert endpoint["privateDnsEnabled"] is True
        assert endpoint["subnetIds"] == ["s-a", "s-b"]
        assert endpoint["securityGroupIds"] == ["sg-1"]
