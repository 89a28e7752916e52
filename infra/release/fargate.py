"""A release on Fargate: the service of ECS says what runs, and one-off tasks do what is to be done beside it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import boto3

from infra.release import definitions, one_off_task, release_state, snapshot, stale
from infra.release.migration import Migrated
from infra.release.one_off_task import OneOffTask
from infra.release.record import Release
from infra.release.telling import Tell
from infra.release.verdict import Asked, described, verify_rollout

RETIRE_COMMAND = ("python", "manage.py", "retire_roles")
"""Takes the login from the database role that nothing with the present secret uses."""


class Fargate:
    """`Hosting` by an ECS service."""

    def verify(self, session: boto3.Session, release: Release, latest: Release | None, tell: Tell) -> str:
        """The task definition of the service's primary deployment, once it is complete."""
        asked = Asked(
            cluster=release.cluster,
            service=release.service,
            task_definition=release.task_definition,
            same=_same(session, release, latest),
        )
        service = verify_rollout(session, asked, tell)
        return next(str(one["taskDefinition"]) for one in service["deployments"] if one["status"] == "PRIMARY")

    def stale(self, session: boto3.Session, release: Release) -> list[str]:
        """Tasks beside the service that were given another version of the secret."""
        return stale.beside_the_service(session, _service(session, release), release.task_definition)

    def retire_roles(self, session: boto3.Session, latest: Release, release: Release, tell: Tell) -> None:
        """By a task of the new release, when the service's last task with the earlier secret has ended."""
        before, now = (stale.secret_versions(session, one.task_definition) for one in (latest, release))
        if before == now:
            return
        service = _service(session, release)
        stale.wait_until_gone(session, service, release.task_definition)
        task = replace(_task(service, release), command=RETIRE_COMMAND, what="the end of the earlier database role")
        one_off_task.run(session, task)
        tell("The tasks run with the new secrets; the earlier database role can log in no more")

    def found_out(self, session: boto3.Session, release: Release) -> Migrated:
        """By a task of the release; which migrations ran is not kept anywhere."""
        task = _task(_service(session, release), release)
        return Migrated(
            heads=release_state.ask(session, task).heads,
            snapshot=snapshot.taken_for(session, release.database, release.migration_task_definition),
        )


def _same(session: boto3.Session, release: Release, latest: Release | None) -> tuple[str, ...]:
    """The task definition by which the command line brought this release back, settings and secrets of now included.

    The images alone do not tell: those of a rotation, or of another setting, that ECS took back are the same.
    """
    if latest is None or latest.hosting != release.hosting or latest.task_definition == release.task_definition:
        return ()
    if (latest.tag, latest.web_image, latest.proxy_image) != (release.tag, release.web_image, release.proxy_image):
        return ()
    recorded = latest.task_definition
    return (recorded,) if definitions.alike(session, recorded, release.task_definition) else ()


def _service(session: boto3.Session, release: Release) -> dict[str, Any]:
    asked = Asked(cluster=release.cluster, service=release.service, task_definition=release.task_definition)
    return described(session.client("ecs"), asked)


def _task(service: Mapping[str, Any], release: Release) -> OneOffTask:
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    return OneOffTask(
        cluster=service["clusterArn"],
        task_definition=release.migration_task_definition,
        subnets=network["subnets"],
        security_groups=network["securityGroups"],
        public_address=network.get("assignPublicIp") == "ENABLED",
    )
