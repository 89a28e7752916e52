"""The end of a release: wait for its rollout, retire the previous database role, record it, and keep its images.

Every update runs all of it, so the next update finishes what an interrupted one left.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import boto3

from infra.release import image_tags
from infra.release.history import ReleaseHistory
from infra.release.migration import one_off_task, release_state, snapshot
from infra.release.migration.migration import MigrationResult, with_earlier_attempts
from infra.release.migration.one_off_task import OneOffTask
from infra.release.record import ReleaseRecord, utc_now
from infra.release.reporting import Reporter
from infra.release.rollout import outdated_tasks, processes
from infra.release.rollout.deployment import ExpectedDeployment, primary_deployment, wait_for_rollout
from infra.release.rollout.task_definitions import equivalent

RETIRE_COMMAND = ("python", "manage.py", "retire_roles")
"""Revokes the login of the database role that only the previous secret names."""


def complete(
    session: boto3.Session, parameter: str, release: ReleaseRecord, migration: MigrationResult | None, report: Reporter
) -> ReleaseRecord:
    """Wait until ECS runs a release with its processes, and return it as it is on record. Raises ReleaseError.

    `migration` is what this update migrated; None when an earlier update did, or when there was nothing to do.
    """
    history = ReleaseHistory(session, parameter)
    latest = history.latest()
    service = wait_for_rollout(session, _expected(session, release, latest), report)
    release = _with_processes(release, processes.roll_out(session, processes.of_release(release), report))
    for line in outdated_tasks.beside_the_services(session, release, service["clusterArn"]):
        report(line)
    if latest is None or _differs(latest, release, service):
        if latest:
            processes.stop_removed(session, latest, release, report)
            _retire_roles(session, service, latest, release, report)
        result = migration or _earlier_migration(session, service, latest, release)
        if latest:
            result = with_earlier_attempts(session, history.records(), release.database, result)
        latest = history.append(
            replace(
                release,
                at=utc_now(),
                heads=dict(result.heads),
                migrated=list(result.migrated),
                snapshot=result.snapshot,
            )
        )
        report(f"Release {latest.number} is on record")
    image_tags.tag_images(session, latest)
    return latest


def expected_record(release: ReleaseRecord, latest: ReleaseRecord | None) -> ReleaseRecord:
    """The record of a release as a preview can know it, without asking ECS what runs.

    For a release that the command line brought back under its own task definition the preview is one number too high.
    """
    if latest and (latest.task_definition, latest.process_task_definitions) == (
        release.task_definition,
        release.process_task_definitions,
    ):
        return latest
    return replace(release, number=latest.number + 1 if latest else 1)


def _expected(session: boto3.Session, release: ReleaseRecord, latest: ReleaseRecord | None) -> ExpectedDeployment:
    """The deployment of a release; equivalent is the task definition with which `ops` brought this release back.

    Equal images are not enough: when ECS takes back a rotation or a changed setting, the images stay the same.
    """
    brought_back = (
        latest is not None
        and latest.task_definition != release.task_definition
        and (latest.tag, latest.web_image, latest.proxy_image) == (release.tag, release.web_image, release.proxy_image)
        and equivalent(session, latest.task_definition, release.task_definition)
    )
    return ExpectedDeployment(
        cluster=release.cluster,
        service=release.service,
        task_definition=release.task_definition,
        equivalents=(latest.task_definition,) if latest and brought_back else (),
    )


def _with_processes(release: ReleaseRecord, running: Mapping[str, str]) -> ReleaseRecord:
    """The release with what its processes run: after a rollback, equal task definitions of another number."""
    known = {**release.process_task_definitions, **running}
    return replace(release, process_task_definitions={name: arn for name, arn in known.items() if arn})


def _differs(latest: ReleaseRecord, release: ReleaseRecord, service: dict[str, Any]) -> bool:
    recorded = latest.task_definition, latest.process_services, latest.process_task_definitions
    now = primary_deployment(service)["taskDefinition"], release.process_services, release.process_task_definitions
    return recorded != now


def _retire_roles(
    session: boto3.Session, service: dict[str, Any], latest: ReleaseRecord, release: ReleaseRecord, report: Reporter
) -> None:
    """After a rotation, wait for the last task with the previous secret and retire its database role."""
    before, now = (
        outdated_tasks.secret_versions(session, one.task_definition).get(one.secret_arn) for one in (latest, release)
    )
    if before == now:
        return
    services = {**latest.process_services, **release.process_services}
    outdated_tasks.wait_until_stopped(session, service["clusterArn"], replace(release, process_services=services))
    what = "the task that retires the previous database role"
    one_off_task.run(session, replace(_one_off_task(service, release), command=RETIRE_COMMAND, what=what))
    report("The tasks use the new secrets; the previous database role can no longer log in")


def _earlier_migration(
    session: boto3.Session, service: dict[str, Any], latest: ReleaseRecord | None, release: ReleaseRecord
) -> MigrationResult:
    """What an earlier update did for this release, without the migrations it ran: AWS does not keep those."""
    if latest and latest.migration_task_definition == release.migration_task_definition:
        return MigrationResult(heads=latest.heads)
    return MigrationResult(
        heads=release_state.read(session, _one_off_task(service, release)).heads,
        snapshot=snapshot.taken_for(session, release.database, release.migration_task_definition),
    )


def _one_off_task(service: dict[str, Any], release: ReleaseRecord) -> OneOffTask:
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    return OneOffTask.in_network(service["clusterArn"], release.migration_task_definition, network)
