"""The VPC: public, task and database subnets in two availability zones."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.foundation import addressing
from infra.foundation.flow_log import log_rejected_traffic
from infra.foundation.nat_gateways import route_through_nat

ZONES = ("a", "b")
EGRESS = ("gateway", "gateway-per-zone", "public", "endpoints")
"""How tasks reach the internet or AWS (Pulumi.yaml explains each)."""
NO_FARGATE = ("apne1-az3", "use1-az3", "usw1-az2")
"""Ids of old zones without Fargate, Fargate on ARM or RDS t4g; AWS maps zone names to ids per account."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Arguments of the network."""

    vpc_cidr: str
    egress: str
    """One of EGRESS."""
    region: str
    flow_log_group_arn: pulumi.Input[str]
    protect: bool
    """Whether Pulumi refuses to replace the VPC: a database cannot move to another one."""


class Network(pulumi.ComponentResource):
    """A VPC with database subnets without internet access; `egress` decides how tasks get out.

    Only the public subnets have IPv6, for the load balancer.
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[list[str]]
    """One in each zone, as are task and database subnets."""
    task_subnet_ids: pulumi.Output[list[str]]
    database_subnet_ids: pulumi.Output[list[str]]
    s3_prefix_list_id: pulumi.Output[str]
    """Managed prefix list of S3, which tasks reach through a gateway endpoint."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Network", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        plan = addressing.plan(ipaddress.IPv4Network(args.vpc_cidr))
        self._zone_names = self._available_zones()
        vpc = self._vpc = self._private_cloud()
        public, public_table = self._public_subnets(plan)
        database = self._subnets("database", plan.database, [self._route_table("database")] * len(ZONES))
        if args.egress == "public":
            task, s3 = public, self._s3_endpoint("public", [public_table])
        else:
            task, s3 = self._task_subnets(plan, public)

        self.vpc_id = vpc.id
        # AWS creates a public load balancer only in subnets with a route to an internet gateway.
        self.public_subnet_ids = _ids(public, after=self._internet_routes)
        self.task_subnet_ids = _ids(task)
        self.database_subnet_ids = _ids(database)
        self.s3_prefix_list_id = s3.prefix_list_id
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "vpc_cidr": vpc.cidr_block,
                "public_subnet_ids": self.public_subnet_ids,
                "task_subnet_ids": self.task_subnet_ids,
                "database_subnet_ids": self.database_subnet_ids,
                "s3_prefix_list_id": self.s3_prefix_list_id,
            }
        )

    def _available_zones(self) -> pulumi.Output[list[str]]:
        """Names of the region's zones, without local zones: those need opting in and lack load balancers."""
        names: pulumi.Output[list[str]] = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            exclude_zone_ids=list(NO_FARGATE),
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).names
        return names

    def _private_cloud(self) -> aws.ec2.Vpc:
        """The VPC with its flow log, and a default security group without rules."""
        vpc = aws.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=self._args.vpc_cidr,
            assign_generated_ipv6_cidr_block=True,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )
        # The default group allows traffic between its members; without rules, a resource left in it is isolated.
        aws.ec2.DefaultSecurityGroup(f"{self._name}-default", vpc_id=vpc.id, ingress=[], egress=[], opts=self._child)
        log_rejected_traffic(f"{self._name}-refused", vpc.id, self._args.flow_log_group_arn, self)
        return vpc

    def _route_table(self, role: str) -> aws.ec2.RouteTable:
        """A route table without a route out of the VPC."""
        return aws.ec2.RouteTable(f"{self._name}-{role}", vpc_id=self._vpc.id, opts=self._child)

    def _subnets(
        self,
        role: str,
        blocks: tuple[ipaddress.IPv4Network, ...],
        tables: list[aws.ec2.RouteTable],
        ipv6_blocks: tuple[pulumi.Output[str] | None, ...] = (None, None),
        after: Sequence[pulumi.Resource] = (),
    ) -> list[aws.ec2.Subnet]:
        """One subnet per zone, which gets the route table of its zone once the resources in `after` exist."""
        subnets = []
        for index, (zone, block) in enumerate(zip(ZONES, blocks, strict=True)):
            subnet = aws.ec2.Subnet(
                f"{self._name}-{role}-{zone}",
                vpc_id=self._vpc.id,
                cidr_block=str(block),
                ipv6_cidr_block=ipv6_blocks[index],
                availability_zone=self._zone_names[index],
                map_public_ip_on_launch=False,
                # AWS leaves an impaired zone out of the list, which must not replace its subnets.
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["availabilityZone"]),
            )
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{role}-{zone}",
                subnet_id=subnet.id,
                route_table_id=tables[index].id,
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
            )
            subnets.append(subnet)
        return subnets

    def _task_subnets(
        self, plan: addressing.SubnetPlan, public: list[aws.ec2.Subnet]
    ) -> tuple[list[aws.ec2.Subnet], aws.ec2.VpcEndpoint]:
        """Private subnets with a route table each, so that a change between the gateways replaces no association."""
        # The first table's name has no letter, so that a stack with one table for both zones keeps it.
        tables = {zone: self._route_table(f"task-{zone}" if index else "task") for index, zone in enumerate(ZONES)}
        s3, routes = self._s3_endpoint("task", list(tables.values())), list[aws.ec2.Route]()
        if self._args.egress in ("gateway", "gateway-per-zone"):
            per_zone = self._args.egress == "gateway-per-zone"
            routes = route_through_nat(self._name, public, tables, self._internet_routes, self, per_zone=per_zone)
        return self._subnets("task", plan.tasks, list(tables.values()), after=[s3, *routes]), s3

    def _public_subnets(self, plan: addressing.SubnetPlan) -> tuple[list[aws.ec2.Subnet], aws.ec2.RouteTable]:
        """The subnets with a route to the internet; nothing in them gets a public address by default."""
        block = self._vpc.ipv6_cidr_block
        ipv6 = (
            block.apply(lambda b: addressing.ipv6_subnet(b, 0)),
            block.apply(lambda b: addressing.ipv6_subnet(b, 1)),
        )
        table = self._route_table("public")
        subnets = self._subnets("public", plan.public, [table] * len(ZONES), ipv6)
        gateway = aws.ec2.InternetGateway(f"{self._name}-internet", vpc_id=self._vpc.id, opts=self._child)
        everywhere = {"ipv4": {"destination_cidr_block": "0.0.0.0/0"}, "ipv6": {"destination_ipv6_cidr_block": "::/0"}}
        self._internet_routes = [
            aws.ec2.Route(
                f"{self._name}-public-{family}",
                route_table_id=table.id,
                gateway_id=gateway.id,
                **destination,
                opts=self._child,
            )
            for family, destination in everywhere.items()
        ]
        return subnets, table

    def _s3_endpoint(self, role: str, tables: list[aws.ec2.RouteTable]) -> aws.ec2.VpcEndpoint:
        """Gateway endpoint of S3, which serves image layers and media without NAT charges.

        Public and task subnets have an endpoint each: a change of `egress` then creates the new one first and deletes
        the old one last. One endpoint with a changed list of tables would cut off running tasks.
        """
        return aws.ec2.VpcEndpoint(
            f"{self._name}-s3-{role}",
            vpc_id=self._vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{self._args.region}.s3",
            route_table_ids=[table.id for table in tables],
            opts=self._child,
        )


def _ids(subnets: list[aws.ec2.Subnet], after: Sequence[aws.ec2.Route] = ()) -> pulumi.Output[list[str]]:
    """The subnets' ids; resources that use them are created after the routes and deleted before them."""
    return pulumi.Output.all(*(one.id for one in (*subnets, *after))).apply(lambda ids: ids[: len(subnets)])
