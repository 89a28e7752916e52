"""Bring a release on record back: the same checks, rollout and verdict as `pulumi up`, on its images by digest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3

from infra.release import kept_images, release_state
from infra.release.errors import ReleaseError
from infra.release.one_off_task import OneOffTask
from infra.release.record import Release, ReleaseRecord, Withheld, utc_now
from infra.release.release_state import ReleaseState
from infra.release.verdict import Asked, verify_rollout
from ops.errors import Refused
from ops.registry import missing_images
from ops.service import Service, read_service
from ops.show import age, short
from ops.task_definitions import describe, register, release_tag, with_images

STARTED_BY = "release"
"""What one-off tasks of a release say they were started by, infra/release/one_off_task.py."""
Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Change:
    """Which release is to serve instead of which."""

    kind: str
    """`rollback` or `release`, as the record will say."""
    target: Release
    latest: Release
    """The last on record: its settings and secrets are kept."""
    withheld: Withheld | None
    """What the next `pulumi up` of the same sources must not bring back."""
    may_lack: bool = False
    """Whether the target may lack migrations that the database has."""


def running_tag(session: boto3.Session, service: Service) -> str:
    """The release that the service was asked to run last."""
    return release_tag(describe(session.client("ecs"), service.primary.task_definition))


def refuse_concurrent(session: boto3.Session, release: Release, service: Service, *, joined: bool) -> None:
    """Raise Refused while a deployment goes on, unless this run joins it to end what an earlier one began."""
    ecs: Any = session.client("ecs")
    primary = service.primary
    if service.in_progress and not joined:
        raise Refused(
            f"A deployment is going on: {short(primary.task_definition)} for {age(primary.created)}, {primary.running} "
            f"of {primary.desired} tasks run. Somebody runs `pulumi up`, or ECS takes a failed release back. Wait "
            "until `python -m ops status` says COMPLETED or FAILED, then run this again."
        )
    pages = ecs.get_paginator("list_tasks").paginate(cluster=release.cluster, startedBy=STARTED_BY)
    arns = [arn for page in pages for arn in page["taskArns"]]
    if arns:
        raise Refused(
            f"A task of a release is running: {short(arns[0])}. Somebody runs `pulumi up`, which migrates now, or a "
            "rollback. Run this again when that has ended."
        )


def refuse_without_images(session: boto3.Session, target: Release) -> None:
    """Raise Refused when the target cannot be pulled any more."""
    missing = missing_images(session, target)
    if missing:
        raise Refused(
            f"Release {target.number} cannot run again, the registry no longer has: {', '.join(missing)}. Nothing was "
            f"touched. Check out its sources, revision {target.revision}, and run `pulumi up`; or choose another "
            "release: `python -m ops releases`."
        )


def perform(session: boto3.Session, record: ReleaseRecord, change: Change, tell: Tell) -> Release:
    """Roll it out, judge it, and put it on record. Repeating it after a kill goes on where it stopped.

    Raises Refused before the service is touched when target and database do not fit, ReleaseError when it fails.
    """
    ecs: Any = session.client("ecs")
    target, latest = change.target, change.latest
    web, migration = (
        register(ecs, with_images(describe(ecs, base), target), own)
        for base, own in (
            (latest.task_definition, target.task_definition),
            (latest.migration_task_definition, target.migration_task_definition),
        )
    )
    service = read_service(session, latest, tasks=False)
    tell("Asking the database which migrations it has")
    state = release_state.ask(session, _one_off(service, migration))
    _refuse_unapplied(state, target)
    if not change.may_lack:
        _refuse_unknown(state, target, record.history())
    _roll_out(session, change, service, web, tell)
    if web == latest.task_definition and target.tag == latest.tag:
        return latest
    # Where the stack is now comes from its last release, what runs from the one that is brought back.
    recorded = record.append(
        replace(
            latest,
            kind=change.kind,
            at=utc_now(),
            tag=target.tag,
            revision=target.revision,
            withheld=change.withheld,
            web_image=target.web_image,
            proxy_image=target.proxy_image,
            task_definition=web,
            migration_task_definition=migration,
            heads=target.heads,
            migrated=[],
            snapshot=None,
        )
    )
    kept_images.keep(session, recorded)
    return recorded


def _roll_out(session: boto3.Session, change: Change, service: Service, web: str, tell: Tell) -> None:
    now = read_service(session, change.latest, tasks=False)
    if now.primary.identifier != service.primary.identifier:
        raise Refused(
            f"Somebody else deployed {short(now.primary.task_definition)} a moment ago. This command did not touch the "
            "service; look at `python -m ops status` and decide again."
        )
    failed = now.primary.state == "FAILED"
    if service.primary.task_definition != web or failed:
        tell(f"Rolling out {short(web)}")
        # ECS gives up on a deployment that failed, and begins a new one for the same task definition only by force.
        session.client("ecs").update_service(
            cluster=service.cluster, service=service.name, taskDefinition=web, forceNewDeployment=failed
        )
    try:
        verify_rollout(session, Asked(cluster=service.cluster, service=service.name, task_definition=web), tell)
    except ReleaseError as error:
        raise ReleaseError(
            f"Release {change.target.number} was not brought back, and the record is as it was. {error}"
        ) from None


def _one_off(service: Service, task_definition: str) -> OneOffTask:
    network = service.network["awsvpcConfiguration"]
    return OneOffTask(
        cluster=service.cluster,
        task_definition=task_definition,
        subnets=network["subnets"],
        security_groups=network["securityGroups"],
        public_address=network.get("assignPublicIp") == "ENABLED",
    )


def _refuse_unapplied(state: ReleaseState, target: Release) -> None:
    if state.unapplied:
        raise Refused(
            f"Release {target.number} needs migrations that the database does not have: {', '.join(state.unapplied)}. "
            "It was restored, or they were reversed. The service was not touched. Deploy the sources with `pulumi up`, "
            "which migrates."
        )


def _refuse_unknown(state: ReleaseState, target: Release, history: Sequence[Release]) -> None:
    if not state.unknown:
        return
    # The first release that brought one of them: its snapshot is older than all of them.
    origin = next((one for one in history if set(one.migrated) & set(state.unknown)), None)
    raise Refused(
        f"Release {target.number} does not know migrations that the database has: {', '.join(state.unknown)}. The "
        "service was not touched.\n"
        "When its code runs on the newer schema all the same (tables or columns that may be empty were added, nothing "
        "else), say --allow-unknown-migrations.\n"
        f"{_before_migrations(origin, history[-1])}"
    )


def _before_migrations(origin: Release | None, latest: Release) -> str:
    if origin is None:
        return (
            f"An update after release {latest.number} ran them and did not end well. It named the snapshot it took; "
            f"point-in-time recovery has the database after {latest.at}: docs/operations.md, Restore."
        )
    if origin.snapshot:
        return (
            f"The database before release {origin.number} is snapshot {origin.snapshot}: docs/operations.md, Restore."
        )
    return (
        f"Release {origin.number} took no snapshot. Point-in-time recovery has the database before {origin.at}: "
        "docs/operations.md, Restore."
    )
