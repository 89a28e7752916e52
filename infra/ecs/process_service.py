"""The ECS service of a process beside the web server, such as the workers of a queue: no port, no load balancer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.ecs.process import Process
from infra.ecs.service import ROLLOUT, Placement, ecs_service
from infra.ecs.task_definition import Task, TaskArgs, command_task, task_definition
from infra.release.hooks import ReleaseHooks
from infra.release.rollout.deployment import ExpectedDeployment
from infra.release.spec import ReleaseSpec

HEALTH_CHECK = "/usr/local/bin/healthcheck-process"
"""In the web image; its argument is the least age of a task in seconds."""


def process_task(process: Process, args: TaskArgs) -> Task:
    """The task of a process. The image knows the command, so a rollback of the image is one of the command.

    It is healthy once it has run for as long as a start may take: ECS counts one that ends before as failed, and its
    circuit breaker takes the release back. Without a check a task counts after 40 s, and a rollout ends before.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
    """
    return command_task(
        args,
        process.name,
        ("python", "-m", "django_hosting", "process", process.name),
        size=(process.cpu, process.memory),
        stop_seconds=process.stop_seconds,
        health_check=("CMD", HEALTH_CHECK, str(args.start_seconds)),
    )


@dataclass(frozen=True)
class ProcessService:
    """The service, and what it is to run."""

    service: aws.ecs.Service
    service_name: pulumi.Output[str]
    """Known once the service exists, so that no preview plans scaling for a missing one."""
    expected: pulumi.Output[ExpectedDeployment]


def process_service(
    name: str,
    process: Process,
    args: TaskArgs,
    placement: Placement,
    hooks: ReleaseHooks,
    parent: pulumi.Resource,
    ready: Sequence[pulumi.Resource],
) -> ProcessService:
    """Declare the task definition and the service of a process, which starts when the release has it."""
    task = task_definition(name, process_task(process, args), args, parent)
    binding = hooks.process_binding(process.name, args.spec)
    service = ecs_service(
        f"{name}-{process.name}",
        placement,
        task,
        pulumi.ResourceOptions(parent=parent, depends_on=list(ready), hooks=binding),
        desired_count=pulumi.Output.from_input(args.spec).apply(
            lambda spec: process.min_tasks if process.name in spec.processes else 0
        ),
        capacity_provider_strategies=[{"capacity_provider": capacity_provider(process.spot), "weight": 1}],
        # Without it, another capacity provider would be another service.
        force_new_deployment=True,
        **_rollout(process),
    )
    return ProcessService(
        service,
        pulumi.Output.all(service.name, service.id).apply(lambda known: str(known[0])),
        pulumi.Output.all(args.spec, service.cluster, service.name, task.arn).apply(
            lambda known: _expected(process.name, *known)
        ),
    )


def capacity_provider(spot: bool) -> str:
    """AWS's capacity provider of a process."""
    return "FARGATE_SPOT" if spot else "FARGATE"


def _rollout(process: Process) -> dict[str, Any]:
    if process.overlap:
        return ROLLOUT
    # Rebalancing would start a second task before it stops the first.
    return {
        "deployment_minimum_healthy_percent": 0,
        "deployment_maximum_percent": 100,
        "availability_zone_rebalancing": "DISABLED",
    }


def _expected(process: str, spec: ReleaseSpec, cluster: str, service: str, task_definition: str) -> ExpectedDeployment:
    runs = process in spec.processes
    return ExpectedDeployment(
        cluster=cluster, service=service, task_definition=task_definition if runs else "", process=process
    )


def services_and_definitions(processes: Sequence[ExpectedDeployment]) -> tuple[dict[str, str], dict[str, str]]:
    """What the release record says of the processes: services, and task definitions of those that run."""
    return (
        {one.process: one.service for one in processes},
        {one.process: one.task_definition for one in processes if one.task_definition},
    )
