"""ECS task definitions of a release: web, migration, and commands of the application."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import naming
from infra.ecs.container_definitions import SecretsAndLogs, container_definitions
from infra.ecs.containers import (
    EXEC_PATHS,
    MIGRATION_COMMAND,
    MIGRATION_SECRETS,
    NO_VARIABLES,
    WEB_VOLUMES,
    Container,
    Variables,
    application_environment,
    command_container,
    web_containers,
)
from infra.release.spec import ReleaseSpec

CPU_ARCHITECTURES = {"arm64": "ARM64", "x86_64": "X86_64"}


@dataclass(frozen=True, kw_only=True)
class TaskArgs:
    """Arguments that all task definitions of a release share; the sizes and times are those of the web task."""

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
    """Role of all tasks but the migration."""
    migration_role_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One kind of task of a release: what its task definition has for itself."""

    kind: str
    """Last part of its family, and first part of its log streams."""
    containers: Callable[[ReleaseSpec, Mapping[str, str], Variables, str], tuple[Container, ...]]
    """Makes them from the release, the plain variables, the application's own and the range of the VPC."""
    cpu: int
    """CPU units (1024 = one vCPU)."""
    memory: int
    """MiB."""
    role_arn: pulumi.Input[str]
    start_seconds: int
    stop_seconds: int
    volumes: Collection[str] = ()
    """Names of the volumes that the containers mount."""


def web_task(args: TaskArgs) -> Task:
    """nginx in front of gunicorn."""
    return Task(
        kind="web",
        containers=lambda spec, environment, variables, vpc_cidr: web_containers(
            spec, environment, vpc_cidr, args.trusted_proxies, variables, args.sockets
        ),
        cpu=args.cpu,
        memory=args.memory,
        role_arn=args.task_role_arn,
        start_seconds=args.start_seconds,
        stop_seconds=args.stop_seconds,
        volumes=WEB_VOLUMES,
    )


def migration_task(args: TaskArgs) -> Task:
    """The migration, the only task that connects as the owner of the tables."""
    cpu, memory = args.migration_size or (args.cpu, args.memory)
    return Task(
        kind="migration",
        containers=lambda spec, environment, variables, _: (
            replace(
                command_container("migrate", MIGRATION_COMMAND, spec, environment, variables),
                secrets=MIGRATION_SECRETS,
                volumes={},
            ),
        ),
        cpu=cpu,
        memory=memory,
        role_arn=args.migration_role_arn,
        start_seconds=args.start_seconds,
        stop_seconds=args.stop_seconds,
    )


def command_task(
    args: TaskArgs,
    kind: str,
    command: Sequence[str],
    *,
    size: tuple[int, int] | None = None,
    stop_seconds: int | None = None,
    health_check: Sequence[str] = (),
) -> Task:
    """A command of the application in a container named as the task, with web's role, variables and secrets.

    `size` is CPU units and MiB; without it and without `stop_seconds` they are web's. ECS Exec works in it.
    """
    cpu, memory = size or (args.cpu, args.memory)
    return Task(
        kind=kind,
        containers=lambda spec, environment, variables, _: (
            replace(
                command_container(kind, tuple(command), spec, environment, variables),
                health_check=tuple(health_check),
            ),
        ),
        cpu=cpu,
        memory=memory,
        role_arn=args.task_role_arn,
        start_seconds=args.start_seconds,
        stop_seconds=args.stop_seconds if stop_seconds is None else stop_seconds,
        volumes=EXEC_PATHS,
    )


def task_definition(name: str, task: Task, args: TaskArgs, parent: pulumi.Resource) -> aws.ecs.TaskDefinition:
    """Declare the task definition; ECS gets a new revision whenever its content changes."""
    return aws.ecs.TaskDefinition(
        f"{name}-{task.kind}-task",
        # A fixed name: ECS numbers revisions within it, and operators type it.
        family=naming.task_family(pulumi.get_project(), pulumi.get_stack(), task.kind),
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(task.cpu),
        memory=str(task.memory),
        runtime_platform={
            "operating_system_family": "LINUX",
            "cpu_architecture": CPU_ARCHITECTURES[args.architecture],
        },
        execution_role_arn=args.execution_role_arn,
        task_role_arn=task.role_arn,
        volumes=[{"name": volume} for volume in sorted(task.volumes)],
        container_definitions=pulumi.Output.all(
            spec=args.spec,
            variables=args.variables,
            media_bucket=args.media_bucket,
            vpc_cidr=args.vpc_cidr,
            secret_arn=args.secret_arn,
            secret_version=args.secret_version,
            log_group=args.log_group,
        ).apply(lambda known: _document(task, args, **known)),
        # A rollback runs an earlier revision, so it must stay registered.
        skip_destroy=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _document(
    task: Task,
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
    containers = tuple(
        replace(one, start_seconds=task.start_seconds, stop_seconds=task.stop_seconds)
        for one in task.containers(spec, environment, variables, vpc_cidr)
    )
    places = SecretsAndLogs(region=args.region, stream_prefix=task.kind, **secrets_and_logs)
    return container_definitions(containers, places)
