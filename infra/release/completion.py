"""What follows a good verdict: the earlier database role retired, the release on record, its images kept.

Everything is looked at in every update, so what a kill left undone is done by the next one.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import boto3

from infra.release import kept_images, one_off_task, release_state, snapshot, stale
from infra.release.migration import Migrated
from infra.release.one_off_task import OneOffTask
from infra.release.record import Release, ReleaseRecord, utc_now
from infra.release.telling import Tell
from infra.release.verdict import Asked, verify_rollout

RETIRE_COMMAND = ("python", "manage.py", "retire_roles")
"""Takes the login from the database role that no task of the present secret uses."""


def complete(
    session: boto3.Session, parameter: str, release: Release, migrated: Migrated | None, tell: Tell
) -> Release:
    """Wait for the verdict over a release, and return it as it is on record. Raises ReleaseError.

    `migrated` is what was done for it in this update, None when that was in an earlier one.
    """
    record = ReleaseRecord(session, parameter)
    latest = record.latest()
    service = verify_rollout(session, _asked(release, latest), tell)
    for line in stale.beside_the_service(session, service, release.task_definition):
        tell(line)
    running = next(one["taskDefinition"] for one in service["deployments"] if one["status"] == "PRIMARY")
    if latest is None or latest.task_definition != running:
        task = _task(service, release.migration_task_definition)
        if latest:
            _retire_roles(session, service, latest, release, task, tell)
        done = migrated or _found_out(session, latest, release, task)
        latest = record.append(
            replace(
                release,
                at=utc_now(),
                heads=dict(done.heads),
                migrated=list(done.migrated),
                snapshot=done.snapshot,
            )
        )
        tell(f"Release {latest.number} is on record")
    kept_images.keep(session, latest)
    return latest


def foreseen(release: Release, latest: Release | None) -> Release:
    """A release as it is on record, or will be: what a preview says."""
    if latest and latest.task_definition in (release.task_definition, *_asked(release, latest).same):
        return latest
    return replace(release, number=latest.number + 1 if latest else 1)


def _asked(release: Release, latest: Release | None) -> Asked:
    """The release in its own task definition, or in the one by which the command line brought it forward again."""
    same = latest is not None and (latest.tag, latest.web_image, latest.proxy_image) == (
        release.tag,
        release.web_image,
        release.proxy_image,
    )
    return Asked(
        cluster=release.cluster,
        service=release.service,
        task_definition=release.task_definition,
        same=(latest.task_definition,) if latest and same else (),
    )


def _task(service: Mapping[str, Any], task_definition: str) -> OneOffTask:
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    return OneOffTask(
        cluster=service["clusterArn"],
        task_definition=task_definition,
        subnets=network["subnets"],
        security_groups=network["securityGroups"],
        public_address=network.get("assignPublicIp") == "ENABLED",
    )


def _retire_roles(
    session: boto3.Session,
    service: Mapping[str, Any],
    latest: Release,
    release: Release,
    task: OneOffTask,
    tell: Tell,
) -> None:
    before, now = (stale.secret_versions(session, one.task_definition) for one in (latest, release))
    if before == now:
        return
    stale.wait_until_gone(session, service, release.task_definition)
    one_off_task.run(session, replace(task, command=RETIRE_COMMAND, what="the end of the earlier database role"))
    tell("The tasks run with the new secrets; the earlier database role can log in no more")


def _found_out(session: boto3.Session, latest: Release | None, release: Release, task: OneOffTask) -> Migrated:
    """What an earlier update did, as far as it can still be found; which migrations it ran is not kept anywhere."""
    if latest and latest.migration_task_definition == release.migration_task_definition:
        return Migrated(heads=latest.heads)
    return Migrated(
        heads=release_state.ask(session, task).heads,
        snapshot=snapshot.taken_for(session, release.database, release.migration_task_definition),
    )
