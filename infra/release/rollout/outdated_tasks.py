"""Tasks of an earlier release that still run: draining ones, and tasks outside the service with the previous secret."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from infra.release.reporting import ReleaseError, short
from infra.secrets.reference import pinned_versions

DRAIN_SECONDS = 900
"""The longest deregistration delay is 605 s; then each container of a task has at most 120 s to stop, one after the
other (infra/ecs/server.py)."""
POLL_SECONDS = 2


def secret_versions(session: boto3.Session, task_definition: str) -> dict[str, str]:
    """Version of each secret that the task definition names in one version, by the secret's ARN."""
    ecs: Any = session.client("ecs")
    return pinned_versions(ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"])


def wait_until_stopped(session: boto3.Session, service: Mapping[str, Any], task_definition: str) -> None:
    """Wait until the service has no task of another task definition. Raises ReleaseError that lists those left."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while left := [task for task in _service_tasks(session, service) if task["taskDefinitionArn"] != task_definition]:
        if time.monotonic() > deadline:
            names = ", ".join(f"{short(task['taskArn'])} ({short(task['taskDefinitionArn'])})" for task in left)
            raise ReleaseError(
                f"The new release serves, but tasks of an earlier one still run after {DRAIN_SECONDS} s: {names}.\n"
                "They hold the previous secret, which therefore stays valid. Stop them with `aws ecs stop-task`, then "
                "run `pulumi up` again."
            )
        time.sleep(POLL_SECONDS)


def beside_the_service(session: boto3.Session, service: Mapping[str, Any], task_definition: str) -> list[str]:
    """One line for each running task outside the service that holds another version of a secret."""
    current = secret_versions(session, task_definition)
    cluster, name = service["clusterArn"], service["serviceName"]
    ecs: Any = session.client("ecs")
    others = [task for task in _tasks(ecs, cluster=cluster) if task.get("group") != f"service:{name}"]
    outdated = {
        definition
        for definition in {task["taskDefinitionArn"] for task in others}
        if any(current.get(arn) != version for arn, version in secret_versions(session, definition).items())
    }
    return [
        f"Task {short(task['taskArn'])} ({short(task['taskDefinitionArn'])}, started by "
        f"{task.get('startedBy') or 'an unknown caller'}) holds a previous version of a secret"
        for task in others
        if task["taskDefinitionArn"] in outdated
    ]


def _service_tasks(session: boto3.Session, service: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every task of the service that has not stopped, including those that are stopping."""
    ecs: Any = session.client("ecs")
    where = {"cluster": service["clusterArn"], "serviceName": service["serviceName"]}
    for status in ("RUNNING", "STOPPED"):
        yield from _tasks(ecs, **where, desiredStatus=status)


def _tasks(ecs: Any, **where: str) -> Iterator[dict[str, Any]]:
    for page in ecs.get_paginator("list_tasks").paginate(**where):
        if page["taskArns"]:
            found = ecs.describe_tasks(cluster=where["cluster"], tasks=page["taskArns"])["tasks"]
            yield from (task for task in found if task["lastStatus"] != "STOPPED")
