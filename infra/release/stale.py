"""Tasks that outlive their release: still draining, or started beside the service with a secret's earlier version."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from infra.release.diagnosis import short
from infra.release.errors import ReleaseError

DRAIN_SECONDS = 180
"""Deregistration and stop timeout take 20 s; a target may hold the last connections longer."""
POLL_SECONDS = 2


def secret_versions(session: boto3.Session, task_definition: str) -> frozenset[str]:
    """The versions of secrets that tasks of this definition are given by name; the current one is not named."""
    ecs: Any = session.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
    references = (
        secret["valueFrom"] for one in definition["containerDefinitions"] for secret in one.get("secrets", [])
    )
    # arn:aws:secretsmanager:region:account:secret:name:key:stage:version
    return frozenset(version for reference in references if (version := reference.rsplit(":", 1)[1]))


def wait_until_gone(session: boto3.Session, service: Mapping[str, Any], task_definition: str) -> None:
    """Return when no task of another definition is left in the service. Raises ReleaseError that names those left."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while left := [task for task in _tasks_of(session, service) if task["taskDefinitionArn"] != task_definition]:
        if time.monotonic() > deadline:
            names = ", ".join(f"{short(task['taskArn'])} ({short(task['taskDefinitionArn'])})" for task in left)
            raise ReleaseError(
                f"The new release serves, but tasks of an earlier one have not ended in {DRAIN_SECONDS} s: {names}.\n"
                "They hold the earlier secret, which therefore stays valid. `aws ecs stop-task` ends one; "
                "`pulumi up` then goes on."
            )
        time.sleep(POLL_SECONDS)


def beside_the_service(session: boto3.Session, service: Mapping[str, Any], task_definition: str) -> list[str]:
    """Running tasks outside the service that were given another version of the secret, in words."""
    current = secret_versions(session, task_definition)
    cluster, name = service["clusterArn"], service["serviceName"]
    ecs: Any = session.client("ecs")
    others = [task for task in _tasks(ecs, cluster=cluster) if task.get("group") != f"service:{name}"]
    earlier = {
        definition
        for definition in {task["taskDefinitionArn"] for task in others}
        if (versions := secret_versions(session, definition)) and not versions & current
    }
    return [
        f"task {short(task['taskArn'])} ({short(task['taskDefinitionArn'])}, started by "
        f"{task.get('startedBy') or 'somebody'}) holds an earlier version of the secret"
        for task in others
        if task["taskDefinitionArn"] in earlier
    ]


def _tasks_of(session: boto3.Session, service: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Of the service, those on their way out too."""
    ecs: Any = session.client("ecs")
    where = {"cluster": service["clusterArn"], "serviceName": service["serviceName"]}
    for status in ("RUNNING", "STOPPED"):
        yield from _tasks(ecs, **where, desiredStatus=status)


def _tasks(ecs: Any, **where: str) -> Iterator[dict[str, Any]]:
    for page in ecs.get_paginator("list_tasks").paginate(**where):
        if page["taskArns"]:
            found = ecs.describe_tasks(cluster=where["cluster"], tasks=page["taskArns"])["tasks"]
            yield from (task for task in found if task["lastStatus"] != "STOPPED")
