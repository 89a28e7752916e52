"""Why a task is outdated: another task definition, or an older version of a secret."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import boto3

from infra.release.reporting import short
from infra.release.rollout.task_definitions import TaskDefinition
from infra.secrets.reference import SecretReference, labelled_versions, pinned_versions
from infra.secrets.versions import current_version
from ops.ecs.description import ServiceDescription, Task

OLDER = "older secret version"
"""Beginning of the reason of a task that read a secret before it changed."""


class OutdatedTasks:
    """Compares tasks with the service and with the secrets as AWS has them now."""

    def __init__(
        self, session: boto3.Session, service: ServiceDescription, definitions: Mapping[str, TaskDefinition]
    ) -> None:
        self._service, self._definitions, self._session = service, definitions, session

    def reason(self, task: Task) -> str | None:
        """Why the task is outdated; None when it is not. No secret's value is read."""
        if task.task_definition != self._service.primary.task_definition:
            return f"other task definition: {short(task.task_definition)}"
        older = sorted(self._older(task))
        return f"{OLDER}: {', '.join(older)}" if older else None

    def _older(self, task: Task) -> Iterator[str]:
        """Name and version of each secret that the task has in an older version."""
        definition = self._definitions[task.task_definition]
        for arn, version in pinned_versions(definition).items():
            current, _ = self._current[arn]
            if current not in ("", version):
                yield _describe(arn, version)
        for arn, version in labelled_versions(definition).items():
            # ECS reads the current value at the start of each task, so a task that started later has it.
            current, changed = self._current[arn]
            if current not in ("", version) and not (task.started and changed and task.started > changed):
                yield _describe(arn, version)

    @cached_property
    def _current(self) -> dict[str, tuple[str, Any]]:
        """Version of each secret of the running tasks, and when the secret changed."""
        running = [self._definitions[arn] for arn in {task.task_definition for task in self._service.tasks}]
        arns = {arn for one in running for arn in (*pinned_versions(one), *labelled_versions(one))}
        return {arn: current_version(self._session, SecretReference(arn=arn)) for arn in arns}


def _describe(arn: str, version: str) -> str:
    name = arn.partition(":secret:")[2] or arn.partition(":parameter")[2]
    return f"{version} of {name}"
