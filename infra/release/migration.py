"""Bring the database's schema to a release before the service is touched; a failure keeps the old release serving."""

from collections.abc import Mapping
from typing import Any

import boto3

from infra.release import one_off_task
from infra.release.errors import ReleaseError
from infra.release.one_off_task import OneOffTask, TaskFailed

MIGRATION_TAG = "preqly:migration"
"""Tag of the ECS service that names the task definition its release was migrated with."""


def task_of_service(inputs: Mapping[str, Any]) -> OneOffTask:
    """The migration of a service with these inputs: the same cluster and network, the task its tag names."""
    network = inputs["networkConfiguration"]
    return OneOffTask(
        cluster=inputs["cluster"],
        task_definition=inputs["tags"][MIGRATION_TAG],
        subnets=network["subnets"],
        security_groups=network["securityGroups"],
        public_address=bool(network.get("assignPublicIp", False)),
    )


def migrated_with(inputs: Mapping[str, Any]) -> str | None:
    """The task definition that the service's release was migrated with; None before the first one."""
    return (inputs.get("tags") or {}).get(MIGRATION_TAG)


def run_migration(session: boto3.Session, task: OneOffTask) -> None:
    """Run the migration and wait until it has ended well. Raises ReleaseError."""
    try:
        one_off_task.run(session, task)
    except TaskFailed as failure:
        raise ReleaseError(
            f"The release was not rolled out and the old one keeps serving: {failure}\n"
            "Fix the migration and run `pulumi up` again; nothing else is needed."
        ) from None
