"""A rollback on Fargate: task definitions with the earlier images, and ECS's own rollout."""

from dataclasses import replace
from typing import Any

import boto3

from infra.release import one_off_task, release_state
from infra.release.errors import ReleaseError
from infra.release.migration import PREPARE_COMMAND
from infra.release.one_off_task import OneOffTask
from infra.release.record import Release
from infra.release.release_state import ReleaseState
from infra.release.verdict import Asked, verify_rollout
from ops.errors import Refused
from ops.host import UNPREPARED, Names, Running, Tell
from ops.service import Service, read_service
from ops.show import age, short
from ops.task_definitions import describe, platform_of, register, release_tag, with_images

STARTED_BY = "release"
"""What one-off tasks of a release say they were started by, infra/release/one_off_task.py."""
PREPARE_SECONDS = 300
"""The bad release serves meanwhile."""


class FargateHost:
    """`Host` by an ECS service."""

    def __init__(self, session: boto3.Session, latest: Release) -> None:
        self._session, self._latest = session, latest
        self._ecs: Any = session.client("ecs")
        self._service = read_service(session, latest, tasks=False)

    def running(self) -> Running:
        """The release that the service was asked to run last."""
        primary = self._service.primary
        return Running(
            tag=release_tag(describe(self._ecs, primary.task_definition)), settled=primary.state == "COMPLETED"
        )

    def refuse_concurrent(self, *, joined: bool) -> None:
        """A deployment that goes on, and a task around a release."""
        primary = self._service.primary
        if self._service.in_progress and not joined:
            raise Refused(
                f"A deployment is going on: {short(primary.task_definition)} for {age(primary.created)}, "
                f"{primary.running} of {primary.desired} tasks run. Somebody runs `pulumi up`, or ECS takes a failed "
                "release back. Wait until `python -m ops status` says COMPLETED or FAILED, then run this again."
            )
        pages = self._ecs.get_paginator("list_tasks").paginate(cluster=self._latest.cluster, startedBy=STARTED_BY)
        arns = [arn for page in pages for arn in page["taskArns"]]
        if arns:
            raise Refused(
                f"A task of a release is running: {short(arns[0])}. Somebody runs `pulumi up`, which migrates now, or "
                "a rollback. Run this again when that has ended."
            )

    def names(self, target: Release) -> Names:
        """Revisions of the families; the target's own when they say the same."""
        latest = self._latest
        # One that served on the other kind of hosting has none.
        own = (target.task_definition, target.migration_task_definition) if target.hosting == latest.hosting else ()
        platform = platform_of(self._ecs, target)
        # The images run on what they were built for, whatever the setting is now.
        changed = {"runtimePlatform": platform} if platform else {}
        web, migration = (
            register(self._ecs, {**with_images(describe(self._ecs, base), target), **changed}, *own[place : place + 1])
            for place, base in enumerate((latest.task_definition, latest.migration_task_definition))
        )
        return Names(web=web, migration=migration, architecture=(platform or {}).get("cpuArchitecture", "").lower())

    def state(self, names: Names) -> ReleaseState:
        """By a one-off task."""
        return release_state.ask(self._session, _one_off(self._service, names.migration))

    def roll_out(self, names: Names, tell: Tell) -> None:
        """The target's preparation, as in `pulumi up`, then ECS's rolling deployment."""
        if self._service.primary.task_definition != names.web:
            self._prepare(names, tell)
        now, service = read_service(self._session, self._latest, tasks=False), self._service
        if now.primary.identifier != service.primary.identifier:
            raise Refused(
                f"Somebody else deployed {short(now.primary.task_definition)} a moment ago. This command did not touch "
                "the service; look at `python -m ops status` and decide again."
            )
        failed = now.primary.state == "FAILED"
        if service.primary.task_definition != names.web or failed:
            tell(f"Rolling out {short(names.web)}")
            # ECS gives up on a deployment that failed, and begins a new one for the same task definition only by force.
            self._ecs.update_service(
                cluster=service.cluster, service=service.name, taskDefinition=names.web, forceNewDeployment=failed
            )
        asked = Asked(cluster=service.cluster, service=service.name, task_definition=names.web)
        verify_rollout(self._session, asked, tell)

    def _prepare(self, names: Names, tell: Tell) -> None:
        tell("Preparing the release")
        task = replace(
            _one_off(self._service, names.migration),
            command=PREPARE_COMMAND,
            what="the preparation of the release",
            timeout_seconds=PREPARE_SECONDS,
        )
        try:
            one_off_task.run(self._session, task)
        except ReleaseError as error:
            tell(f"{UNPREPARED}: {error}")


def _one_off(service: Service, task_definition: str) -> OneOffTask:
    network = service.network["awsvpcConfiguration"]
    return OneOffTask(
        cluster=service.cluster,
        task_definition=task_definition,
        subnets=network["subnets"],
        security_groups=network["securityGroups"],
        public_address=network.get("assignPublicIp") == "ENABLED",
    )
