"""The site's containers on ECS Fargate: task definitions, and the service that keeps them running."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import task_definition, workload
from infra.release.hooks import service_hooks, verified_name
from infra.release.migration import MIGRATION_TAG

CPU_ARCHITECTURES = {"arm64": "ARM64", "x86_64": "X86_64"}
GRACE_SECONDS = 60
"""How long a new task may fail health checks: its containers' start period, two checks, and room for a slow host."""

ROLLOUT: dict[str, Any] = {
    # New tasks first, then the old ones go: capacity never drops, and a release that stays unhealthy is taken back.
    "deployment_minimum_healthy_percent": 100,
    "deployment_maximum_percent": 200,
    "deployment_circuit_breaker": {"enable": True, "rollback": True},
    "health_check_grace_period_seconds": GRACE_SECONDS,
    "wait_for_steady_state": True,
}


@dataclass(frozen=True, kw_only=True)
class WebServiceArgs:
    """What the service runs, where, and as whom."""

    region: str
    web_image: pulumi.Input[str]
    proxy_image: pulumi.Input[str]
    version: pulumi.Input[str]
    """Tag of the web image, told to the application as RELEASE."""
    domains: Sequence[str]
    allowed_hosts: Sequence[str]
    media_bucket: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    secret_version: pulumi.Input[str]
    log_group: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    cpu: int
    """CPU units of a task (1024 = one vCPU)."""
    memory: int
    """MiB of a task."""
    architecture: str
    tasks: int
    """How many to start with; autoscaling owns the number afterwards."""
    execution_role_arn: pulumi.Input[str]
    task_role_arn: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    public_addresses: bool
    """True only where the subnets have no other way out (`egress: public`)."""
    target_group_arn: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """What a task needs but no argument names: routes, permissions, and the HTTPS listener of the target group."""


class WebService(pulumi.ComponentResource):
    """A service behind the load balancer that is never below its task count and takes back an unhealthy release."""

    cluster_name: pulumi.Output[str]
    service_name: pulumi.Output[str]
    task_definition_arn: pulumi.Output[str]
    migration_task_definition_arn: pulumi.Output[str]

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:WebService", name, None, opts)
        cluster = aws.ecs.Cluster(
            f"{name}-cluster",
            settings=[{"name": "containerInsights", "value": "enhanced"}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        web = self._task_definition(name, "web", args)
        migration = self._task_definition(name, "migration", args)
        service = self._service(name, args, cluster, web, migration)

        self.cluster_name = cluster.name
        self.service_name = verified_name(service)
        self.task_definition_arn = web.arn
        self.migration_task_definition_arn = migration.arn
        self.register_outputs({"cluster_name": cluster.name, "service_name": service.name})

    def _task_definition(self, name: str, kind: str, args: WebServiceArgs) -> aws.ecs.TaskDefinition:
        volumes = workload.EXEC_PATHS if kind == "web" else {}
        return aws.ecs.TaskDefinition(
            f"{name}-{kind}-task",
            # A family is a name people type, and revisions inside it never collide.
            family=f"{pulumi.get_project()}-{pulumi.get_stack()}-{kind}".replace(".", "-"),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(args.cpu),
            memory=str(args.memory),
            runtime_platform={
                "operating_system_family": "LINUX",
                "cpu_architecture": CPU_ARCHITECTURES[args.architecture],
            },
            execution_role_arn=args.execution_role_arn,
            task_role_arn=args.task_role_arn,
            volumes=[{"name": volume} for volume in sorted(volumes)],
            container_definitions=_containers(kind, args),
            # Earlier revisions stay registered: a rollback names one of them.
            skip_destroy=True,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _service(
        self,
        name: str,
        args: WebServiceArgs,
        cluster: aws.ecs.Cluster,
        web: aws.ecs.TaskDefinition,
        migration: aws.ecs.TaskDefinition,
    ) -> aws.ecs.Service:
        return aws.ecs.Service(
            f"{name}-service",
            cluster=cluster.arn,
            task_definition=web.arn,
            desired_count=args.tasks,
            launch_type="FARGATE",
            platform_version="LATEST",
            **ROLLOUT,
            enable_execute_command=True,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            tags={MIGRATION_TAG: migration.arn},
            load_balancers=[_load_balancer(args)],
            network_configuration=_network(args),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.ready),
                ignore_changes=["desired_count"],
                hooks=service_hooks(name),
                custom_timeouts=pulumi.CustomTimeouts(create="15m", update="15m", delete="10m"),
            ),
        )


def _load_balancer(args: WebServiceArgs) -> dict[str, Any]:
    return {
        "target_group_arn": args.target_group_arn,
        "container_name": "proxy",
        "container_port": workload.PROXY_PORT,
    }


def _network(args: WebServiceArgs) -> dict[str, Any]:
    return {
        "subnets": args.subnet_ids,
        "security_groups": [args.security_group_id],
        "assign_public_ip": args.public_addresses,
    }


def _containers(kind: str, args: WebServiceArgs) -> pulumi.Output[str]:
    return pulumi.Output.all(
        web_image=args.web_image,
        proxy_image=args.proxy_image,
        version=args.version,
        media_bucket=args.media_bucket,
        vpc_cidr=args.vpc_cidr,
        secret_arn=args.secret_arn,
        secret_version=args.secret_version,
        log_group=args.log_group,
    ).apply(lambda known: _render(kind, args, known))


def _render(kind: str, args: WebServiceArgs, known: Mapping[str, str]) -> str:
    release = workload.Release(
        web_image=known["web_image"],
        proxy_image=known["proxy_image"],
        version=known["version"],
        domains=tuple(args.domains),
        allowed_hosts=tuple(args.allowed_hosts),
        media_bucket=known["media_bucket"],
        vpc_cidr=known["vpc_cidr"],
        cpu=args.cpu,
    )
    target = task_definition.EcsTarget(
        secret_arn=known["secret_arn"],
        secret_version=known["secret_version"],
        log_group=known["log_group"],
        region=args.region,
        stream_prefix=kind,
    )
    containers = workload.web_service(release) if kind == "web" else workload.migration(release)
    return task_definition.render_task_definition(containers, target)
