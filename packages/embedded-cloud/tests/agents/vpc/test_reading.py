"""The VPC as it is read from AWS's API: routes, gateways, endpoints, prefix lists."""

from dataclasses import dataclass
from typing import Any

import pytest

from embedded_cloud.agents.vpc import reading
from embedded_cloud.agents.vpc.network import (
    ENDPOINT,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    NOTHING,
    Interface,
    Network,
    reaches_internet,
    reaches_service,
)
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, two_subnets

EVERYWHERE = "0.0.0.0/0"
SERVICE = "com.amazonaws.us-east-1"


@dataclass
class Account:
    """A VPC with a public and a private subnet; a database stands in the private one."""

    cloud: EmbeddedCloud

    def __post_init__(self) -> None:
        self.ec2: Any = client(self.cloud, "ec2")
        self.vpc, (self.public, self.private) = two_subnets(self.ec2, "10.20")
        self.group = self.ec2.create_security_group(GroupName="g", Description="g", VpcId=self.vpc)["GroupId"]
        self.public_table, self.private_table = self._table(self.public), self._table(self.private)
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        rds = client(self.cloud, "rds")
        subnets = [self.private, self.public]
        rds.create_db_subnet_group(DBSubnetGroupName="all", DBSubnetGroupDescription="all", SubnetIds=subnets)
        made = rds.create_db_instance(
            DBInstanceIdentifier="site",
            Engine="postgres",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="example",
            MasterUserPassword="first-Password1",
            DBSubnetGroupName="all",
            VpcSecurityGroupIds=[self.group],
        )["DBInstance"]
        self.key = reading.database_key(made["DbiResourceId"])

    def _table(self, subnet: str) -> str:
        table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return str(table)

    def route(self, table: str, **target: str) -> None:
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, **target)

    def nat_gateway(self) -> str:
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = self.ec2.create_nat_gateway(SubnetId=self.public, AllocationId=address)
        return str(made["NatGateway"]["NatGatewayId"])

    def read(self) -> tuple[Network, Interface]:
        with self.cloud.context.lock:
            network = reading.read(self.cloud.context, {self.key: "10.20.1.9"}, "10.20.0.0/16")
        (interface,) = network.interfaces
        return network, interface

    def target(self) -> str:
        """Where packets to the internet go."""
        route = self.read()[1].route_to("198.51.100.1")
        return route.target if route else "no route"


@pytest.fixture
def account(cloud: EmbeddedCloud) -> Account:
    return Account(cloud)


def test_an_interface_is_in_the_first_subnet_of_its_group(account: Account) -> None:
    _, interface = account.read()
    assert (interface.vpc, interface.groups) == (account.vpc, (account.group,))
    assert interface.route_to("10.20.0.7") is not None
    assert account.target() == "no route"
    with account.cloud.context.lock:
        assert reading.block_of(account.cloud.context, account.key) == "10.20.1.0/24"


def test_a_nat_gateway_leads_out_where_its_own_subnet_does(account: Account) -> None:
    account.route(account.private_table, NatGatewayId=account.nat_gateway())
    assert account.target() == NOTHING
    account.route(account.public_table, GatewayId=account.gateway)
    assert account.target() == NAT_GATEWAY


def test_a_nat_gateway_whose_subnet_routes_to_it_leads_nowhere(account: Account) -> None:
    gateway = account.nat_gateway()
    for table in (account.public_table, account.private_table):
        account.route(table, NatGatewayId=gateway)
    assert account.target() == NOTHING


def test_blocks_are_read_without_the_bits_of_the_host(account: Account) -> None:
    account.ec2.create_route(
        RouteTableId=account.private_table, DestinationCidrBlock="100.68.0.18/18", GatewayId=account.gateway
    )
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "100.68.0.18/18"}]}
    account.ec2.authorize_security_group_ingress(GroupId=account.group, IpPermissions=[rule])
    network, interface = account.read()
    assert interface.route_to("100.68.3.1") is not None
    assert [one.blocks for one in network.groups[account.group].ingress] == [("100.68.0.0/18",)]


def test_a_deleted_nat_gateway_leads_nowhere(account: Account) -> None:
    account.route(account.public_table, GatewayId=account.gateway)
    gateway = account.nat_gateway()
    account.route(account.private_table, NatGatewayId=gateway)
    account.ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert account.target() == NOTHING


def test_a_detached_internet_gateway_leads_nowhere(account: Account) -> None:
    account.route(account.private_table, GatewayId=account.gateway)
    assert account.target() == INTERNET_GATEWAY
    account.ec2.detach_internet_gateway(InternetGatewayId=account.gateway, VpcId=account.vpc)
    assert account.target() == NOTHING


def test_s3_is_reached_through_its_gateway_endpoint_and_prefix_list(account: Account) -> None:
    account.ec2.create_vpc_endpoint(
        VpcId=account.vpc, ServiceName=f"{SERVICE}.s3", RouteTableIds=[account.private_table]
    )
    lists = account.ec2.describe_managed_prefix_lists()["PrefixLists"]
    (s3,) = [one["PrefixListId"] for one in lists if one["PrefixListName"] == f"{SERVICE}.s3"]
    account.ec2.revoke_security_group_egress(
        GroupId=account.group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": EVERYWHERE}]}]
    )
    assert not reaches_service(*account.read(), "s3")
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    account.ec2.authorize_security_group_egress(
        GroupId=account.group, IpPermissions=[{**https, "PrefixListIds": [{"PrefixListId": s3}]}]
    )
    network, interface = account.read()
    assert ENDPOINT in {route.target for route in interface.routes}
    assert reaches_service(network, interface, "s3")
    assert not reaches_service(network, interface, "logs")
    assert not reaches_internet(network, interface, 443)


def test_an_interface_endpoint_is_read_with_its_groups_and_blocks(account: Account) -> None:
    account.ec2.create_vpc_endpoint(
        VpcId=account.vpc,
        ServiceName=f"{SERVICE}.logs",
        VpcEndpointType="Interface",
        SubnetIds=[account.private],
        SecurityGroupIds=[account.group],
        PrivateDnsEnabled=True,
    )
    (endpoint,) = account.read()[0].endpoints
    assert (endpoint.service, endpoint.groups, endpoint.blocks) == ("logs", (account.group,), ("10.20.1.0/24",))
    assert endpoint.private_dns
