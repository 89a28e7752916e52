"""Every security group of the stack, and every rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

HTTP, HTTPS = 80, 443
WORLD = {"ipv4": "0.0.0.0/0", "ipv6": "::/0"}


@dataclass(frozen=True, kw_only=True)
class SecurityGroupsArgs:
    """Arguments of the security groups."""

    vpc_id: pulumi.Input[str]
    task_port: int
    database_port: int
    cache_port: int | None = None
    """None without a cache."""
    egress: str
    """With `endpoints`, tasks reach interface endpoints and S3, but not the internet; with `public` they have IPv6."""
    internet_ports: Sequence[int] = ()
    """TCP ports besides 443 that tasks call on the internet; without effect with `endpoints`."""
    s3_prefix_list_id: pulumi.Input[str]


class SecurityGroups(pulumi.ComponentResource):
    """Internet to load balancer on 80 and 443, that to tasks, those to database, cache, HTTPS and `internet_ports`."""

    load_balancer_group_id: pulumi.Output[str]
    task_group_id: pulumi.Output[str]
    database_group_id: pulumi.Output[str]
    cache_group_id: pulumi.Output[str] | None = None
    """None without `cache_port`."""
    endpoint_group_id: pulumi.Output[str] | None = None
    """Group of the interface endpoints, which only tasks reach; None unless `egress` is `endpoints`."""

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Firewall", name, None, opts)
        self._name, self._args = name, args
        load_balancer = self._group("load-balancer", "The load balancer, open to the world on 80 and 443")
        task = self._group("task", "The tasks, open to the load balancer")
        database = self._group("database", "The database, open to the tasks")

        for port in (HTTP, HTTPS):
            for family, block in WORLD.items():
                self._from_world(load_balancer, port, family, block)
        self._allow("load-balancer-to-task", load_balancer, task, args.task_port)
        self._allow("task-to-database", task, database, args.database_port)
        if args.cache_port:
            cache = self._group("cache", "The cache, open to the tasks")
            self._allow("task-to-cache", task, cache, args.cache_port)
            self.cache_group_id = cache.id
        self._let_tasks_out(task)

        self.load_balancer_group_id = load_balancer.id
        self.task_group_id = task.id
        self.database_group_id = database.id
        self.register_outputs(
            {
                "load_balancer_group_id": self.load_balancer_group_id,
                "task_group_id": self.task_group_id,
                "database_group_id": self.database_group_id,
                "cache_group_id": self.cache_group_id,
                "endpoint_group_id": self.endpoint_group_id,
            }
        )

    def _group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        # Rules are separate resources: groups with inline rules that reference each other cannot be deleted.
        return aws.ec2.SecurityGroup(
            f"{self._name}-{role}",
            vpc_id=self._args.vpc_id,
            description=description,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _from_world(self, group: aws.ec2.SecurityGroup, port: int, family: str, block: str) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-world-{port}-{family}",
            security_group_id=group.id,
            description=f"Anyone to {port}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            **{f"cidr_{family}": block},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _allow(
        self, role: str, source: aws.ec2.SecurityGroup, target: aws.ec2.SecurityGroup, port: int
    ) -> tuple[pulumi.CustomResource, ...]:
        """Both rules of a connection: egress of the source and ingress of the target."""
        both = {"description": role.replace("-", " "), "ip_protocol": "tcp", "from_port": port, "to_port": port}
        egress = aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{role}",
            security_group_id=source.id,
            referenced_security_group_id=target.id,
            **both,
            opts=pulumi.ResourceOptions(parent=self),
        )
        ingress = aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{role}",
            security_group_id=target.id,
            referenced_security_group_id=source.id,
            **both,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return egress, ingress

    def _let_tasks_out(self, task: aws.ec2.SecurityGroup) -> None:
        """HTTPS and `internet_ports` to the internet or, when `egress` is `endpoints`, to AWS services only.

        Each rule has its own logical name, by its port: a change creates new ones first and deletes old ones last.
        """
        if self._args.egress == "endpoints":
            endpoint = self._group("endpoint", "Endpoints of AWS services, open to the tasks")
            rules = self._allow("task-to-endpoint", task, endpoint, HTTPS)
            # An existing endpoint captures the service's DNS name: it is created after its rules, deleted before them.
            ids = pulumi.Output.all(endpoint.id, *(rule.id for rule in rules))
            self.endpoint_group_id = ids.apply(lambda found: str(found[0]))
            self._out(task, "task-to-s3", "S3 over HTTPS", prefix_list_id=self._args.s3_prefix_list_id)
            return
        self._to_world(task, "task-to-world", "Anywhere over HTTPS", HTTPS)
        for port in sorted(set(self._args.internet_ports) - {HTTPS}):
            self._to_world(task, f"task-to-world-{port}", f"Anywhere on {port}", port)

    def _to_world(self, group: aws.ec2.SecurityGroup, role: str, description: str, port: int) -> None:
        self._out(group, role, description, port, cidr_ipv4=WORLD["ipv4"])
        # Fargate gives a task in a subnet with IPv6 an address of both families, and most programs try IPv6 first.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
        if self._args.egress == "public":
            self._out(group, f"{role}-ipv6", description, port, cidr_ipv6=WORLD["ipv6"])

    def _out(
        self,
        group: aws.ec2.SecurityGroup,
        role: str,
        description: str,
        port: int = HTTPS,
        **target: pulumi.Input[str],
    ) -> None:
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{role}",
            security_group_id=group.id,
            description=description,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            **target,
            opts=pulumi.ResourceOptions(parent=self),
        )
