"""Say no when ECS took a release back: a service can be steady and yet not run what was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from infra.policies import Arn
from infra.release import stopped_task
from infra.release.errors import ReleaseError

EVENTS = 3


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What should run, and where."""

    cluster: str
    service: str
    task_definition: str
    """ARN with its revision."""


def verify_rollout(session: boto3.Session, asked: Asked) -> None:
    """Raise ReleaseError unless the service's primary deployment runs the task definition and has not failed."""
    ecs: Any = session.client("ecs")
    (service,) = ecs.describe_services(cluster=asked.cluster, services=[asked.service])["services"]
    primary: dict[str, Any] = next((one for one in service["deployments"] if one["status"] == "PRIMARY"), {})
    if primary.get("taskDefinition") == asked.task_definition and primary.get("rolloutState") != "FAILED":
        return
    raise ReleaseError(_report(session, asked, service, primary))


def _report(session: boto3.Session, asked: Asked, service: Mapping[str, Any], primary: Mapping[str, Any]) -> str:
    wanted, running = _short(asked.task_definition), _short(primary.get("taskDefinition", "nothing"))
    # One that was taken back did not become healthy either, but a rollback by hand looks the same.
    verdict = "did not become healthy" if wanted == running else f"does not run, {running} does"
    lines = [f"The release {wanted} {verdict}, in service {asked.service}."]
    task = _stopped(session.client("ecs"), asked)
    if task:
        lines.append(f"task {_short(task['taskArn'])}: {stopped_task.problem(task) or task.get('stoppedReason')}")
        logged = stopped_task.last_log_lines(session, asked.task_definition, task)
        lines += ["last log lines:", *(f"  {line}" for line in logged)] if logged else ["it left no log lines"]
    lines += [f"event: {event['message']}" for event in service.get("events", [])[:EVENTS]]
    lines.append("Fix the release and run `pulumi up --refresh`, so that Pulumi sees what really runs.")
    lines.append(f"When the cause was outside of it, let ECS try it again first: {_try_again(asked)}")
    return "\n".join(lines)


def _try_again(asked: Asked) -> str:
    where = f"--region {Arn.parse(asked.task_definition).region} --cluster {asked.cluster}"
    return (
        f"aws ecs update-service {where} --service {asked.service} --task-definition {asked.task_definition} "
        "--force-new-deployment"
    )


def _stopped(ecs: Any, asked: Asked) -> dict[str, Any] | None:
    """The task of this release that stopped last; ECS remembers stopped tasks for an hour."""
    arns = [
        arn
        for page in ecs.get_paginator("list_tasks").paginate(
            cluster=asked.cluster, serviceName=asked.service, desiredStatus="STOPPED"
        )
        for arn in page["taskArns"]
    ]
    # DescribeTasks takes 100 at most.
    described = ecs.describe_tasks(cluster=asked.cluster, tasks=arns[:100])["tasks"] if arns else []
    ours = [task for task in described if task["taskDefinitionArn"] == asked.task_definition]
    return max(ours, key=lambda task: task.get("stoppedAt") or task.get("createdAt"), default=None)


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
