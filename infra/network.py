"""The private network: two availability zones, subnets for what faces the world, for tasks and for the database."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import addressing
from infra.flow_log import record_refused_traffic

ZONES = ("a", "b")
NO_FARGATE = ("apne1-az3", "use1-az3", "usw1-az2")
"""Old zones without Fargate, or without its ARM and RDS's t4g; under which name an account sees them is chance."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The shape of the network."""

    vpc_cidr: str
    egress: str
    """`gateway`, `public` or `endpoints`: how tasks reach the outside; the settings explain each."""
    region: str
    flow_log_group_arn: pulumi.Input[str]
    protect: bool
    """Whether Pulumi refuses another address range: a database cannot move to a new network."""


class Network(pulumi.ComponentResource):
    """A VPC whose database subnets have no way out, and whose tasks go out as `egress` says.

    Only the public subnets speak IPv6: the load balancer answers there, tasks need none.
    """

    vpc_id: pulumi.Output[str]
    vpc_cidr: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[list[str]]
    """Two, one in each zone, like those of the tasks and of the database."""
    task_subnet_ids: pulumi.Output[list[str]]
    database_subnet_ids: pulumi.Output[list[str]]
    s3_prefix_list_id: pulumi.Output[str]
    """The addresses of S3, which tasks reach without leaving AWS's network."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Network", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        plan = addressing.plan(ipaddress.IPv4Network(args.vpc_cidr))
        self._zone_names = self._available_zones()
        vpc = self._vpc = self._private_cloud()
        public, public_routes = self._public_subnets(plan)
        database, _ = self._subnets("database", plan.database)
        task, task_routes = (public, public_routes) if args.egress == "public" else self._subnets("task", plan.tasks)
        if args.egress == "gateway":
            self._nat_gateway(public[0], task_routes)

        self.vpc_id = vpc.id
        self.vpc_cidr = vpc.cidr_block
        # Known once they reach the internet: AWS makes no public load balancer in a network without a gateway.
        self.public_subnet_ids = _ids(public, after=self._ways_out)
        s3 = self._s3_endpoint("public" if task is public else "task", task_routes)
        self.task_subnet_ids = _ids(task)
        self.database_subnet_ids = _ids(database)
        self.s3_prefix_list_id = s3.prefix_list_id
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "vpc_cidr": self.vpc_cidr,
                "public_subnet_ids": self.public_subnet_ids,
                "task_subnet_ids": self.task_subnet_ids,
                "database_subnet_ids": self.database_subnet_ids,
                "s3_prefix_list_id": self.s3_prefix_list_id,
            }
        )

    def _available_zones(self) -> pulumi.Output[list[str]]:
        """The region's zones by name; local zones, which a team has to opt into, have no load balancers."""
        names: pulumi.Output[list[str]] = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            exclude_zone_ids=list(NO_FARGATE),
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).names
        return names

    def _private_cloud(self) -> aws.ec2.Vpc:
        """The VPC, watched, and with AWS's default group disarmed."""
        vpc = aws.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=self._args.vpc_cidr,
            assign_generated_ipv6_cidr_block=True,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )
        # AWS's own default group lets its members talk to each other; without rules nothing can use it by mistake.
        aws.ec2.DefaultSecurityGroup(f"{self._name}-default", vpc_id=vpc.id, ingress=[], egress=[], opts=self._child)
        record_refused_traffic(f"{self._name}-refused", vpc.id, self._args.flow_log_group_arn, self)
        return vpc

    def _subnets(
        self,
        role: str,
        blocks: tuple[ipaddress.IPv4Network, ...],
        ipv6_blocks: tuple[pulumi.Output[str] | None, ...] = (None, None),
    ) -> tuple[list[aws.ec2.Subnet], aws.ec2.RouteTable]:
        """One subnet per zone, all on one route table that knows the VPC and nothing else."""
        routes = aws.ec2.RouteTable(f"{self._name}-{role}", vpc_id=self._vpc.id, opts=self._child)
        subnets = []
        for index, (zone, block) in enumerate(zip(ZONES, blocks, strict=True)):
            subnet = aws.ec2.Subnet(
                f"{self._name}-{role}-{zone}",
                vpc_id=self._vpc.id,
                cidr_block=str(block),
                ipv6_cidr_block=ipv6_blocks[index],
                availability_zone=self._zone_names[index],
                map_public_ip_on_launch=False,
                # A zone that AWS marks as impaired leaves the list: no reason to replace its subnets that day.
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["availabilityZone"]),
            )
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{role}-{zone}", subnet_id=subnet.id, route_table_id=routes.id, opts=self._child
            )
            subnets.append(subnet)
        return subnets, routes

    def _public_subnets(self, plan: addressing.SubnetPlan) -> tuple[list[aws.ec2.Subnet], aws.ec2.RouteTable]:
        """The subnets that the internet reaches, where addresses are given to nothing by default."""
        block = self._vpc.ipv6_cidr_block
        ipv6 = (
            block.apply(lambda b: addressing.ipv6_subnet(b, 0)),
            block.apply(lambda b: addressing.ipv6_subnet(b, 1)),
        )
        subnets, routes = self._subnets("public", plan.public, ipv6)
        gateway = aws.ec2.InternetGateway(f"{self._name}-internet", vpc_id=self._vpc.id, opts=self._child)
        everywhere = {"ipv4": {"destination_cidr_block": "0.0.0.0/0"}, "ipv6": {"destination_ipv6_cidr_block": "::/0"}}
        self._ways_out = [
            aws.ec2.Route(
                f"{self._name}-public-{family}",
                route_table_id=routes.id,
                gateway_id=gateway.id,
                **destination,
                opts=self._child,
            )
            for family, destination in everywhere.items()
        ]
        return subnets, routes

    def _s3_endpoint(self, role: str, routes: aws.ec2.RouteTable) -> aws.ec2.VpcEndpoint:
        """S3 without the NAT gateway's price per GB: images' layers and media come from there.

        One for each route table: a move to the other hosting brings its own first and takes this one away last. A list
        of tables that changes would change early, under those who still serve.
        """
        return aws.ec2.VpcEndpoint(
            f"{self._name}-s3-{role}",
            vpc_id=self._vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{self._args.region}.s3",
            route_table_ids=[routes.id],
            # Its name before tables had one each: AWS takes no second route to S3 into a table.
            opts=pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name=f"{self._name}-s3")]),
        )

    def _nat_gateway(self, subnet: aws.ec2.Subnet, routes: aws.ec2.RouteTable) -> None:
        """One way out for all tasks: half the price of one per zone, and requests never use it."""
        address = aws.ec2.Eip(f"{self._name}-nat", domain="vpc", opts=self._child)
        gateway = aws.ec2.NatGateway(
            f"{self._name}-nat",
            subnet_id=subnet.id,
            allocation_id=address.allocation_id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=self._ways_out),
        )
        aws.ec2.Route(
            f"{self._name}-task-ipv4",
            route_table_id=routes.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=gateway.id,
            opts=self._child,
        )


def _ids(subnets: list[aws.ec2.Subnet], after: Sequence[aws.ec2.Route] = ()) -> pulumi.Output[list[str]]:
    """The subnets' ids, for those who use them to wait until the routes exist and, deleting, to go before them."""
    known = pulumi.Output.all(*(one.id for one in (*subnets, *after)))
    return known.apply(lambda ids: ids[: len(subnets)])
