"""Tasks of an earlier release that still run: draining ones, and tasks outside the service with the previous secret."""

import time
from collections.abc import Iterator
from typing import Any

import boto3

from infra.release.record import ReleaseRecord
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


def wait_until_stopped(session: boto3.Session, cluster: str, release: ReleaseRecord) -> None:
    """Wait until no service of the release has a task of another one. Raises ReleaseError that lists those left."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while left := list(_of_other_releases(session, cluster, release)):
        if time.monotonic() > deadline:
            names = ", ".join(f"{short(task['taskArn'])} ({short(task['taskDefinitionArn'])})" for task in left)
            raise ReleaseError(
                f"The new release serves, but tasks of an earlier one still run after {DRAIN_SECONDS} s: {names}.\n"
                "They hold the previous secret, which therefore stays valid. Stop them with `aws ecs stop-task`, then "
                "run `pulumi up` again."
            )
        time.sleep(POLL_SECONDS)


def beside_the_services(session: boto3.Session, release: ReleaseRecord, cluster: str) -> list[str]:
    """One line for each running task outside the release's services that holds another version of a secret."""
    current = secret_versions(session, release.task_definition)
    services = {f"service:{name}" for name in (release.service, *release.process_services.values())}
    ecs: Any = session.client("ecs")
    others = [task for task in _tasks(ecs, cluster=cluster) if task.get("group") not in services]
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


def _of_other_releases(session: boto3.Session, cluster: str, release: ReleaseRecord) -> Iterator[dict[str, Any]]:
    """Tasks of the services that have not stopped, including those that are stopping, and that run something else."""
    ecs: Any = session.client("ecs")
    current = {release.service: release.task_definition}
    for name, service in release.process_services.items():
        current[service] = release.process_task_definitions.get(name, "")
    for service, task_definition in current.items():
        for status in ("RUNNING", "STOPPED"):
            tasks = _tasks(ecs, cluster=cluster, serviceName=service, desiredStatus=status)
            yield from (task for task in tasks if task["taskDefinitionArn"] != task_definition)


def _tasks(ecs: Any, **where: str) -> Iterator[dict[str, Any]]:
    for page in ecs.get_paginator("list_tasks").paginate(**where):
        if page["taskArns"]:
            found = ecs.describe_tasks(cluster=where["cluster"], tasks=page["taskArns"])["tasks"]
            yield from (task for task in found if task["lastStatus"] != "STOPPED")
