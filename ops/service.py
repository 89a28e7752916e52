"""What the ECS service runs, read in as few calls as AWS allows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from infra.release.record import Release
from ops.errors import OpsError
from ops.show import short

DESCRIBED_AT_ONCE = 100
"""Tasks that DescribeTasks takes."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One of the service's deployments; the primary one is what was asked for last."""

    identifier: str
    status: str
    """PRIMARY, ACTIVE or INACTIVE."""
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
    """A task that has not stopped yet."""

    identifier: str
    task_definition: str
    status: str
    health: str
    zone: str
    started: datetime | None
    address: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """The service and what belongs to it."""

    name: str
    cluster: str
    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...]
    tasks: tuple[Task, ...]
    target_groups: tuple[str, ...]
    network: Mapping[str, Any]
    """As AWS writes it: awsvpcConfiguration."""

    @property
    def primary(self) -> Deployment:
        """What was asked for last."""
        return next(one for one in self.deployments if one.status == "PRIMARY")

    @property
    def in_progress(self) -> bool:
        """Whether a rollout is going on."""
        return any(one.state == "IN_PROGRESS" for one in self.deployments)


def read_service(session: boto3.Session, release: Release, *, tasks: bool = True) -> Service:
    """The service that a release names; without its tasks when they are not needed. Raises OpsError when it is gone."""
    ecs: Any = session.client("ecs")
    answer = ecs.describe_services(cluster=release.cluster, services=[release.service])["services"]
    found = next((one for one in answer if one["status"] == "ACTIVE"), None)
    if found is None:
        raise OpsError(
            f"Service {release.service} of cluster {short(release.cluster)} is gone, though release {release.number} "
            "is on record. `pulumi up --refresh` makes it again."
        )
    return Service(
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


def _tasks(ecs: Any, release: Release) -> Iterator[Task]:
    pages = ecs.get_paginator("list_tasks").paginate(cluster=release.cluster, serviceName=release.service)
    arns = [arn for page in pages for arn in page["taskArns"]]
    for first in range(0, len(arns), DESCRIBED_AT_ONCE):
        chosen = arns[first : first + DESCRIBED_AT_ONCE]
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
