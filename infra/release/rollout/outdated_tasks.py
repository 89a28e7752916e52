"""Tasks of an earlier release that still run: draining ones, and tasks outside the service with the previous secret."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from infra.release.reporting import ReleaseError, short

DRAIN_SECONDS = 420
"""Deregistration delay and stop timeout (infra/ecs/server.py) are 315 s with the longest requestTimeoutSeconds."""
POLL_SECONDS = 2


def secret_versions(session: boto3.Session, task_definition: str) -> frozenset[str]:
    """Versions of secrets that the task definition names. A reference without a version counts for none."""
    ecs: Any = session.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
    references = (
        secret["valueFrom"] for one in definition["containerDefinitions"] for secret in one.get("secrets", [])
    )
    # arn:aws:secretsmanager:region:account:secret:name:key:stage:version
    return frozenset(version for reference in references if (version := reference.rsplit(":", 1)[1]))


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
    """One line for each running task outside the service that holds another version of the secret."""
    current = secret_versions(session, task_definition)
    cluster, name = service["clusterArn"], service["serviceName"]
    ecs: Any = session.client("ecs")
    others = [task for task in _tasks(ecs, cluster=cluster) if task.get("group") != f"service:{name}"]
    outdated = {
        definition
        for definition in {task["taskDefinitionArn"] for task in others}
        if (versions := secret_versions(session, definition)) and not versions & current
    }
    return [
        f"Task {short(task['taskArn'])} ({short(task['taskDefinitionArn'])}, started by "
        f"{task.get('startedBy') or 'an unknown caller'}) holds a previous version of the secret"
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
