"""ECS task definitions of the site: the web task and the migration task."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from infra import naming
from infra.ecs.container_definitions import SecretsAndLogs, container_definitions
from infra.ecs.containers import (
    NO_VARIABLES,
    WEB_VOLUMES,
    Variables,
    application_environment,
    migration_containers,
    web_containers,
)
from infra.release.spec import ReleaseSpec

CPU_ARCHITECTURES = {"arm64": "ARM64", "x86_64": "X86_64"}


@dataclass(frozen=True, kw_only=True)
class TaskArgs:
    """Arguments that both task definitions share."""

    spec: pulumi.Input[ReleaseSpec]
    region: str
    domains: Sequence[str]
    """Names of the site; the first is the main one."""
    allowed_hosts: Sequence[str]
    """Further Host names that the application accepts."""
    sender: str
    """From address of the site's mail."""
    media_bucket: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    secret_version: pulumi.Input[str]
    variables: pulumi.Input[Variables] = NO_VARIABLES
    """The application's own variables."""
    log_group: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    trusted_proxies: Sequence[str]
    """Networks of proxies in front of the load balancer."""
    cpu: int
    """CPU units (1024 = one vCPU)."""
    threads: int
    """Threads of each web process."""
    request_timeout: int
    """Longest time of a request in seconds."""
    memory: int
    """MiB."""
    migration_size: tuple[int, int] | None = None
    """CPU units and MiB of the migration task; None for the size of the web task."""
    start_seconds: int = 30
    """Time that a container's start may take."""
    stop_seconds: int = 10
    """Time in which a stopped task finishes its requests."""
    sockets: bool = False
    """Whether the application has WebSockets."""
    architecture: str
    """`arm64` or `x86_64`."""
    execution_role_arn: pulumi.Input[str]
    task_role_arn: pulumi.Input[str]
    """Role of the web task."""
    migration_role_arn: pulumi.Input[str]


def task_definition(
    name: str, kind: Literal["web", "migration"], args: TaskArgs, parent: pulumi.Resource
) -> aws.ecs.TaskDefinition:
    """Declare the task definition of this kind; ECS gets a new revision whenever its content changes."""
    cpu, memory = args.migration_size if kind == "migration" and args.migration_size else (args.cpu, args.memory)
    return aws.ecs.TaskDefinition(
        f"{name}-{kind}-task",
        # A fixed name: ECS numbers revisions within it, and operators type it.
        family=naming.task_family(pulumi.get_project(), pulumi.get_stack(), kind),
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(cpu),
        memory=str(memory),
        runtime_platform={
            "operating_system_family": "LINUX",
            "cpu_architecture": CPU_ARCHITECTURES[args.architecture],
        },
        execution_role_arn=args.execution_role_arn,
        task_role_arn=args.task_role_arn if kind == "web" else args.migration_role_arn,
        volumes=[{"name": volume} for volume in sorted(WEB_VOLUMES)] if kind == "web" else [],
        container_definitions=pulumi.Output.all(
            spec=args.spec,
            variables=args.variables,
            media_bucket=args.media_bucket,
            vpc_cidr=args.vpc_cidr,
            secret_arn=args.secret_arn,
            secret_version=args.secret_version,
            log_group=args.log_group,
        ).apply(lambda known: _document(kind, args, **known)),
        # A rollback runs an earlier revision, so it must stay registered.
        skip_destroy=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _document(
    kind: str,
    args: TaskArgs,
    *,
    spec: ReleaseSpec,
    variables: Variables,
    media_bucket: str,
    vpc_cidr: str,
    **secrets_and_logs: Any,
) -> str:
    environment = application_environment(
        domains=args.domains,
        allowed_hosts=args.allowed_hosts,
        sender=args.sender,
        media_bucket=media_bucket,
        cpu=args.cpu,
        threads=args.threads,
        request_timeout=args.request_timeout,
    )
    if kind == "web":
        containers = web_containers(spec, environment, vpc_cidr, args.trusted_proxies, variables, args.sockets)
    else:
        containers = migration_containers(spec, environment, variables)
    containers = tuple(
        replace(one, start_seconds=args.start_seconds, stop_seconds=args.stop_seconds) for one in containers
    )
    return container_definitions(containers, SecretsAndLogs(region=args.region, stream_prefix=kind, **secrets_and_logs))
