"""The network: who has a way out, who has none, and nothing that gives an address to the world by itself."""

import pytest

from infra.network import Network, NetworkArgs
from tests.recorder import new_engine

EGRESS = ["gateway", "public", "endpoints"]


def declare(engine, egress="gateway", vpc_cidr="10.20.0.0/16", protect=True):
    args = NetworkArgs(
        vpc_cidr=vpc_cidr,
        egress=egress,
        region="eu-west-1",
        flow_log_group_arn="arn:aws:logs:eu-west-1:123456789012:log-group:flow",
        protect=protect,
    )

    def program():
        network = Network("network", args)
        return {
            "public": network.public_subnet_ids,
            "task": network.task_subnet_ids,
            "database": network.database_subnet_ids,
        }

    return engine.run(program)


def routes_of(engine, subnet_id):
    """Where traffic of a subnet may leave to: the destinations of its route table."""
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
def test_the_database_has_no_way_out(engine, egress):
    for subnet in declare(engine, egress)["database"]:
        assert routes_of(engine, subnet) == {}


@pytest.mark.parametrize("egress", EGRESS)
def test_the_load_balancers_subnets_reach_the_internet_over_both_protocols(engine, egress):
    for subnet in declare(engine, egress)["public"]:
        routes = routes_of(engine, subnet)
        assert routes.keys() == {"0.0.0.0/0", "::/0"}
        assert all(route["gatewayId"] == "network-internet-id" for route in routes.values())


def test_gateway_sends_private_tasks_through_one_nat_gateway_in_a_public_subnet(engine):
    subnets = declare(engine, "gateway")
    nat = engine.one("ec2/natGateway:NatGateway")
    assert nat["subnetId"] in subnets["public"]
    assert nat["allocationId"] == "eipalloc-network-nat"
    for subnet in subnets["task"]:
        assert routes_of(engine, subnet)["0.0.0.0/0"]["natGatewayId"] == "network-nat-id"
    assert not set(subnets["task"]) & set(subnets["public"])


def test_the_nat_gateway_waits_for_the_internet(engine):
    declare(engine, "gateway")
    dependencies = engine.options("ec2/natGateway:NatGateway", "network-nat").dependencies
    assert any(urn.endswith("::network-public-ipv4") for urn in dependencies)


def test_who_uses_the_public_subnets_waits_for_the_internet(declared):
    dependencies = declared.options("lb/loadBalancer:LoadBalancer", "front-balancer").dependencies
    names = {urn.rpartition("::")[2] for urn in dependencies}
    assert {"network-public-ipv4", "network-public-ipv6"} <= names


def test_public_puts_tasks_into_the_public_subnets_and_pays_for_no_gateway(engine):
    subnets = declare(engine, "public")
    assert subnets["task"] == subnets["public"]
    assert engine.all("ec2/natGateway:NatGateway") == engine.all("ec2/eip:Eip") == []


def test_endpoints_leaves_tasks_without_a_route_to_the_world(engine):
    for subnet in declare(engine, "endpoints")["task"]:
        assert routes_of(engine, subnet) == {}
    assert engine.all("ec2/natGateway:NatGateway") == []


@pytest.mark.parametrize("egress", EGRESS)
def test_tasks_reach_s3_inside_awss_network(engine, egress):
    subnets = declare(engine, egress)
    endpoint = engine.one("ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert endpoint["serviceName"] == "com.amazonaws.eu-west-1.s3"
    tables = {
        association.inputs["routeTableId"]
        for association in engine.all("ec2/routeTableAssociation:RouteTableAssociation")
        if association.inputs["subnetId"] in subnets["task"]
    }
    assert set(endpoint["routeTableIds"]) == tables


def test_each_route_table_has_an_endpoint_of_s3_of_its_own_that_no_move_changes_in_place():
    """A list that changes would change early in an update, under those who still serve."""
    tables: dict[str, object] = {}
    for egress in EGRESS:
        engine = new_engine()
        declare(engine, egress)
        (endpoint,) = engine.all("ec2/vpcEndpoint:VpcEndpoint")
        (table,) = endpoint.inputs["routeTableIds"]
        assert tables.setdefault(endpoint.name, table) == table
    assert tables == {"network-s3-task": "network-task-id", "network-s3-public": "network-public-id"}


@pytest.mark.parametrize("egress", EGRESS)
def test_no_subnet_hands_out_public_addresses(engine, egress):
    declare(engine, egress)
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in engine.all("ec2/subnet:Subnet"))


@pytest.mark.parametrize("egress", EGRESS)
def test_each_kind_of_subnet_stands_in_two_zones(engine, egress):
    for subnets in declare(engine, egress).values():
        zones = {
            subnet.inputs["availabilityZone"]
            for subnet in engine.all("ec2/subnet:Subnet")
            if f"{subnet.name}-id" in subnets
        }
        assert zones == {"us-east-1a", "us-east-1b"}


def test_an_impaired_zone_does_not_replace_subnets(engine):
    declare(engine)
    for subnet in engine.all("ec2/subnet:Subnet"):
        assert "availabilityZone" in engine.options("ec2/subnet:Subnet", subnet.name).ignoreChanges


def test_zones_that_need_opting_in_are_left_out(engine):
    declare(engine)
    (call,) = [call for call in engine.calls if call.token.endswith("getAvailabilityZones")]
    assert call.args["filters"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]


def test_zones_that_cannot_run_the_tasks_are_left_out(engine):
    declare(engine)
    (call,) = [call for call in engine.calls if call.token.endswith("getAvailabilityZones")]
    assert set(call.args["excludeZoneIds"]) == {"apne1-az3", "use1-az3", "usw1-az2"}


def test_only_the_public_subnets_speak_ipv6(engine):
    declare(engine)
    with_ipv6 = {
        subnet.name: subnet.inputs["ipv6CidrBlock"]
        for subnet in engine.all("ec2/subnet:Subnet")
        if "ipv6CidrBlock" in subnet.inputs
    }
    assert with_ipv6 == {
        "network-public-a": "2600:1f18:1234:5600::/64",
        "network-public-b": "2600:1f18:1234:5601::/64",
    }


def test_awss_default_group_lets_nothing_through(engine):
    declare(engine)
    group = engine.one("ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert group["ingress"] == group["egress"] == []


def test_names_resolve_inside_the_vpc(engine):
    declare(engine, vpc_cidr="192.168.0.0/20")
    vpc = engine.one("ec2/vpc:Vpc")
    assert vpc["cidrBlock"] == "192.168.0.0/20"
    assert vpc["enableDnsHostnames"]
    assert vpc["enableDnsSupport"]


@pytest.mark.parametrize("protect", [True, False])
def test_another_address_range_is_refused_by_pulumi_as_long_as_a_database_may_live_in_this_one(engine, protect):
    declare(engine, protect=protect)
    assert engine.options("ec2/vpc:Vpc", "network-vpc").protect is protect
