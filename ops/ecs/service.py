"""Roll out an earlier release: task definitions with its images, and a rolling deployment by ECS."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import boto3

from infra.release.migration import one_off_task, release_state
from infra.release.migration.migration import PREPARE_COMMAND
from infra.release.migration.one_off_task import STARTED_BY, OneOffTask
from infra.release.migration.release_state import ReleaseState
from infra.release.record import COMMAND, ReleaseRecord
from infra.release.reporting import ReleaseError, Reporter, short
from infra.release.rollout import processes
from infra.release.rollout.deployment import ExpectedDeployment, primary_deployment, wait_for_rollout
from infra.release.rollout.deployment import describe_service as describe_process
from ops.ecs.description import describe_service
from ops.ecs.task_definitions import describe, register, release_tag, with_release
from ops.errors import Refused
from ops.output import age

PREPARE_SECONDS = 300
"""Shorter than for `pulumi up`: the bad release serves meanwhile."""


@dataclass(frozen=True, kw_only=True)
class TaskDefinitions:
    """ARNs of the task definitions that run a release with the current settings and secrets."""

    web: str
    migration: str
    processes: Mapping[str, str] = field(default_factory=dict)
    """By name: of the processes that the release has, and COMMAND."""


class EcsService:
    """The ECS service of a stack, as it was when this object was created. Raises OpsError when it is deleted."""

    def __init__(self, session: boto3.Session, latest: ReleaseRecord) -> None:
        self._session, self._latest = session, latest
        self._ecs: Any = session.client("ecs")
        self._service = describe_service(session, latest, tasks=False)

    @cached_property
    def release_tag(self) -> str:
        """Tag of the release in the newest deployment."""
        return release_tag(describe(self._ecs, self._service.primary.task_definition))

    @property
    def rollout_completed(self) -> bool:
        """Whether the newest deployment is complete."""
        return self._service.primary.state == "COMPLETED"

    def refuse_concurrent(self, *, resume: bool) -> None:
        """Raise Refused during another deployment or release task. With `resume` a deployment may be in progress."""
        primary = self._service.primary
        if self._service.in_progress and not resume:
            raise Refused(
                f"A deployment is in progress: {short(primary.task_definition)} for {age(primary.created)}, "
                f"{primary.running} of {primary.desired} tasks run. Another `pulumi up` is running, or ECS is rolling "
                "back a failed release. Wait until `python -m ops status` shows COMPLETED or FAILED, then run this "
                "again."
            )
        pages = self._ecs.get_paginator("list_tasks").paginate(cluster=self._latest.cluster, startedBy=STARTED_BY)
        arns = [arn for page in pages for arn in page["taskArns"]]
        if arns:
            raise Refused(
                f"A task of a release is running: {short(arns[0])}. Another `pulumi up` is migrating, or another "
                "rollback is running. Run this again when it has ended."
            )

    def register_task_definitions(self, target: ReleaseRecord) -> TaskDefinitions:
        """The task definitions of the target with the current settings and secrets. Starts nothing."""
        latest = self._latest
        web, migration = (
            register(self._ecs, with_release(describe(self._ecs, current), target), own)
            for current, own in (
                (latest.task_definition, target.task_definition),
                (latest.migration_task_definition, target.migration_task_definition),
            )
        )
        return TaskDefinitions(web=web, migration=migration, processes=self._processes(target))

    def _processes(self, target: ReleaseRecord) -> dict[str, str]:
        """Those of the target's processes that have a service: `pulumi up` deletes one with its process."""
        latest = self._latest
        current = dict(latest.process_task_definitions)
        for stopped in processes.of_release(latest):
            if not stopped.task_definition and stopped.process in target.processes:
                service = describe_process(self._ecs, stopped)
                current[stopped.process] = str(primary_deployment(service)["taskDefinition"])
        return {
            name: register(
                self._ecs,
                with_release(describe(self._ecs, arn), target),
                target.process_task_definitions.get(name, arn),
            )
            for name, arn in current.items()
            if name in (*target.processes, COMMAND)
        }

    def migration_state(self, definitions: TaskDefinitions) -> ReleaseState:
        """Which migrations the release and the database know. Raises ReleaseError."""
        return release_state.read(self._session, self._migration_task(definitions))

    def roll_out(self, definitions: TaskDefinitions, report: Reporter) -> None:
        """Prepare the release, let ECS roll it out, processes first, and wait until it runs. Raises ReleaseError.

        Raises Refused when another deployment has started since this object was created.
        """
        if self._service.primary.task_definition != definitions.web:
            self._prepare(definitions, report)
        now = describe_service(self._session, self._latest, tasks=False)
        if now.primary.identifier != self._service.primary.identifier:
            raise Refused(
                f"Another run deployed {short(now.primary.task_definition)} a moment ago. This command did not touch "
                "the service. Check `python -m ops status` and decide again."
            )
        running = replace(self._latest, process_task_definitions=dict(definitions.processes))
        expected = processes.of_release(running)
        try:
            processes.roll_out(self._session, expected, report)
            self._roll_out_web(definitions, report, failed=now.primary.state == "FAILED")
        except ReleaseError as error:
            lines = processes.return_to(self._session, self._latest, expected)
            raise ReleaseError("\n".join([str(error), *lines])) from None

    def _roll_out_web(self, definitions: TaskDefinitions, report: Reporter, *, failed: bool) -> None:
        service = self._service
        if service.primary.task_definition != definitions.web or failed:
            report(f"Rolling out {short(definitions.web)}")
            # ECS does not retry a failed deployment. Only a forced one starts the same task definition again.
            self._ecs.update_service(
                cluster=service.cluster, service=service.name, taskDefinition=definitions.web, forceNewDeployment=failed
            )
        expected = ExpectedDeployment(cluster=service.cluster, service=service.name, task_definition=definitions.web)
        wait_for_rollout(self._session, expected, report)

    def _prepare(self, definitions: TaskDefinitions, report: Reporter) -> None:
        """Run the release's preparation. A failure is only reported: most of its results from before still exist."""
        report("Preparing the release")
        task = replace(
            self._migration_task(definitions),
            command=PREPARE_COMMAND,
            what="the preparation of the release",
            timeout_seconds=PREPARE_SECONDS,
        )
        try:
            one_off_task.run(self._session, task)
        except ReleaseError as error:
            report(
                "The release could not be prepared. The rollback continues; static files of an old release may be "
                f"missing: {error}"
            )

    def _migration_task(self, definitions: TaskDefinitions) -> OneOffTask:
        network = self._service.network["awsvpcConfiguration"]
        return OneOffTask.in_network(self._service.cluster, definitions.migration, network)
