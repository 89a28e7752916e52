"""What ECS says about the service of a stack, in as few requests as possible."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from infra.release.record import ReleaseRecord
from infra.release.reporting import short
from ops.errors import OpsError

TASKS_PER_REQUEST = 100
"""Limit of DescribeTasks."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment of the service."""

    identifier: str
    status: str
    """PRIMARY for the newest, else ACTIVE or INACTIVE."""
    task_definition: str
    state: str
    """IN_PROGRESS, COMPLETED or FAILED."""
    reason: str
    running: int
    desired: int
    failed: int
    created: datetime


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task that has not stopped."""

    identifier: str
    task_definition: str
    status: str
    health: str
    zone: str
    started: datetime | None
    address: str


@dataclass(frozen=True, kw_only=True)
class ServiceDescription:
    """The service with its deployments and tasks."""

    name: str
    cluster: str
    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...]
    tasks: tuple[Task, ...]
    target_groups: tuple[str, ...]
    network: Mapping[str, Any]
    """In AWS's form: awsvpcConfiguration."""

    @property
    def primary(self) -> Deployment:
        """The newest deployment."""
        return next(one for one in self.deployments if one.status == "PRIMARY")

    @property
    def in_progress(self) -> bool:
        """Whether a rollout is in progress."""
        return any(one.state == "IN_PROGRESS" for one in self.deployments)


def describe_service(session: boto3.Session, release: ReleaseRecord, *, tasks: bool = True) -> ServiceDescription:
    """The service of a release; without its tasks when `tasks` is False. Raises OpsError when it is deleted."""
    ecs: Any = session.client("ecs")
    answer = ecs.describe_services(cluster=release.cluster, services=[release.service])["services"]
    found = next((one for one in answer if one["status"] == "ACTIVE"), None)
    if found is None:
        raise OpsError(
            f"Service {release.service} of cluster {short(release.cluster)} does not exist, but release "
            f"{release.number} is on record. `pulumi up --refresh` creates it again."
        )
    return ServiceDescription(
        name=release.service,
        cluster=release.cluster,
        desired=found["desiredCount"],
        running=found["runningCount"],
        pending=found["pendingCount"],
        deployments=tuple(_deployment(one) for one in found["deployments"]),
        tasks=tuple(_tasks(ecs, release)) if tasks else (),
        target_groups=tuple(one["targetGroupArn"] for one in found.get("loadBalancers", []) if "targetGroupArn" in one),
        network=found.get("networkConfiguration", {}),
    )


def _deployment(found: Mapping[str, Any]) -> Deployment:
    return Deployment(
        identifier=found["id"],
        status=found["status"],
        task_definition=found["taskDefinition"],
        state=found.get("rolloutState", "UNKNOWN"),
        reason=found.get("rolloutStateReason", ""),
        running=found["runningCount"],
        desired=found["desiredCount"],
        failed=found.get("failedTasks", 0),
        created=found["createdAt"],
    )


def _tasks(ecs: Any, release: ReleaseRecord) -> Iterator[Task]:
    pages = ecs.get_paginator("list_tasks").paginate(cluster=release.cluster, serviceName=release.service)
    arns = [arn for page in pages for arn in page["taskArns"]]
    for first in range(0, len(arns), TASKS_PER_REQUEST):
        chosen = arns[first : first + TASKS_PER_REQUEST]
        for found in ecs.describe_tasks(cluster=release.cluster, tasks=chosen)["tasks"]:
            yield Task(
                identifier=short(found["taskArn"]),
                task_definition=found["taskDefinitionArn"],
                status=found["lastStatus"],
                health=found.get("healthStatus", "UNKNOWN"),
                zone=found.get("availabilityZone", ""),
                started=found.get("startedAt"),
                address=_address(found),
            )


def _address(task: Mapping[str, Any]) -> str:
    details = (detail for attachment in task.get("attachments", []) for detail in attachment.get("details", []))
    return next((str(one["value"]) for one in details if one["name"] == "privateIPv4Address"), "")
