"""The two task definitions of the site: what serves, and what prepares the database for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import workload
from infra.release.record import Release
from infra.release.shipped import Shipped
from infra.task_definition import EcsTarget, render_task_definition

CPU_ARCHITECTURES = {"arm64": "ARM64", "x86_64": "X86_64"}


@dataclass(frozen=True, kw_only=True)
class WebServiceArgs:
    """What the service runs, where, and as whom."""

    region: str
    shipped: pulumi.Input[Shipped]
    """The release to run."""
    record: pulumi.Input[str]
    """Name of the parameter that keeps the releases."""
    latest: pulumi.Input[Release | None]
    """The last of them, before this one."""
    database: pulumi.Input[str]
    """Identifier of the RDS instance, for snapshots."""
    snapshots: int
    """How many of those taken before migrations are kept; 0 takes none."""
    domains: Sequence[str]
    allowed_hosts: Sequence[str]
    sender: str
    """The address the site's mail comes from."""
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
    preparation_role_arn: pulumi.Input[str]
    """Of the migration's task."""
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    public_addresses: bool
    """True only where the subnets have no other way out (`egress: public`)."""
    target_group_arn: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """What a task needs but no argument names: routes, permissions, and the HTTPS listener of the target group."""


def task_definition(parent: pulumi.Resource, name: str, kind: str, args: WebServiceArgs) -> aws.ecs.TaskDefinition:
    """The task of this kind, `web` or `migration`: a new revision whenever what it runs or is told changes."""
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
        task_role_arn=args.task_role_arn if kind == "web" else args.preparation_role_arn,
        volumes=[{"name": volume} for volume in sorted(volumes)],
        container_definitions=_containers(kind, args),
        # Earlier revisions stay registered: a rollback names one of them.
        skip_destroy=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _containers(kind: str, args: WebServiceArgs) -> pulumi.Output[str]:
    return pulumi.Output.all(
        shipped=args.shipped,
        media_bucket=args.media_bucket,
        vpc_cidr=args.vpc_cidr,
        secret_arn=args.secret_arn,
        secret_version=args.secret_version,
        log_group=args.log_group,
    ).apply(lambda known: _render(kind, args, known))


def _render(kind: str, args: WebServiceArgs, known: Mapping[str, Any]) -> str:
    shipped: Shipped = known["shipped"]
    release = workload.Release(
        web_image=shipped.web_image,
        proxy_image=shipped.proxy_image,
        version=shipped.tag,
        domains=tuple(args.domains),
        allowed_hosts=tuple(args.allowed_hosts),
        sender=args.sender,
        media_bucket=known["media_bucket"],
        vpc_cidr=known["vpc_cidr"],
        cpu=args.cpu,
    )
    target = EcsTarget(
        secret_arn=known["secret_arn"],
        secret_version=known["secret_version"],
        log_group=known["log_group"],
        region=args.region,
        stream_prefix=kind,
    )
    containers = workload.web_service(release) if kind == "web" else workload.migration(release)
    return render_task_definition(containers, target)
