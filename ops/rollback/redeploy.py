"""Deploy a release on record again by its image digests, with the same checks as `pulumi up`, and record it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release import image_tags
from infra.release.history import ReleaseHistory
from infra.release.migration.migration import oldest_snapshot
from infra.release.migration.release_state import ReleaseState
from infra.release.record import COMMAND, ReleaseRecord, RolledBack, unsupported_hosting, utc_now
from infra.release.reporting import ReleaseError, Reporter
from ops.ecs import schedules
from ops.ecs.service import EcsService
from ops.errors import Refused

IMAGE_MISSING = {"ImageNotFoundException", "RepositoryNotFoundException"}


@dataclass(frozen=True, kw_only=True)
class Redeployment:
    """Which release replaces which."""

    kind: str
    """`rollback` or `release`, as in `ReleaseRecord`."""
    target: ReleaseRecord
    latest: ReleaseRecord
    """The last on record. Its settings and secrets stay."""
    rolled_back: RolledBack | None
    """The release that the next `pulumi up` of the same sources must not deploy."""
    allow_unknown_migrations: bool = False
    """Whether the database may have migrations that the target does not know."""


def refuse_unusable(session: boto3.Session, target: ReleaseRecord) -> None:
    """Raise Refused when the target ran on another hosting, or when the registry lacks its images."""
    if problem := unsupported_hosting(target):
        raise Refused(problem)
    ecr: Any = session.client("ecr")
    missing = [image for image in (target.web_image, target.proxy_image) if not _image_exists(ecr, image)]
    if missing:
        raise Refused(
            f"Release {target.number} cannot run again: the registry no longer has {', '.join(missing)}. Nothing was "
            f"touched. Check out its sources, revision {target.revision}, and run `pulumi up`, or choose another "
            "release of `python -m ops releases`."
        )


def redeploy(session: boto3.Session, history: ReleaseHistory, change: Redeployment, report: Reporter) -> ReleaseRecord:
    """Check the migrations, roll the release out and record it. A second run continues an interrupted one.

    Raises Refused before it touches the service when target and database do not fit, ReleaseError when it fails.
    """
    target, latest = change.target, change.latest
    service = EcsService(session, latest)
    definitions = service.register_task_definitions(target)
    report("Reading which migrations the database has")
    state = service.migration_state(definitions)
    _refuse_unapplied(state, target)
    if state.unknown and not change.allow_unknown_migrations:
        raise Refused(_unknown_migrations(session, state.unknown, target, history.records()))
    try:
        service.roll_out(definitions, report)
    except ReleaseError as error:
        raise ReleaseError(f"Release {target.number} does not serve, and the record is unchanged. {error}") from None
    if command := definitions.processes.get(COMMAND):
        schedules.move(session, target, command, latest.schedule_group, report)
    if definitions.web == latest.task_definition and target.tag == latest.tag:
        return latest
    # Where the release runs comes from the last record, what runs from the target's.
    recorded = history.append(
        replace(
            latest,
            kind=change.kind,
            at=utc_now(),
            tag=target.tag,
            revision=target.revision,
            sources=target.sources,
            architecture=target.architecture,
            rolled_back=change.rolled_back,
            web_image=target.web_image,
            proxy_image=target.proxy_image,
            task_definition=definitions.web,
            migration_task_definition=definitions.migration,
            process_task_definitions=dict(definitions.processes),
            schedules=target.schedules,
            heads=target.heads,
            migrated=[],
            snapshot=None,
        )
    )
    image_tags.tag_images(session, recorded)
    return recorded


def _image_exists(ecr: Any, image: str) -> bool:
    name, _, digest = image.partition("@")
    registry, _, repository = name.partition("/")
    account = re.match(r"(\d{12})\.dkr\.ecr\.", registry)
    where = {"registryId": account[1]} if account else {}
    try:
        ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": digest}], **where)
    except ClientError as error:
        if error.response["Error"]["Code"] in IMAGE_MISSING:
            return False
        raise
    return True


def _refuse_unapplied(state: ReleaseState, target: ReleaseRecord) -> None:
    if state.unapplied:
        raise Refused(
            f"Release {target.number} needs migrations that the database does not have: {', '.join(state.unapplied)}. "
            "The database was restored, or the migrations were reversed. Nothing was touched. Deploy the sources with "
            "`pulumi up`, which migrates."
        )


def _unknown_migrations(
    session: boto3.Session, unknown: Sequence[str], target: ReleaseRecord, history: Sequence[ReleaseRecord]
) -> str:
    return (
        f"Release {target.number} does not know migrations that the database has: {', '.join(unknown)}. Nothing was "
        "touched.\n"
        "If its code runs on the newer schema (only tables or nullable columns were added), repeat the command with "
        "--allow-unknown-migrations.\n"
        f"{_earlier_database(session, unknown, history)}: docs/operations.md, Restore."
    )


def _earlier_database(session: boto3.Session, unknown: Sequence[str], history: Sequence[ReleaseRecord]) -> str:
    """Where the database from before these migrations is."""
    # The snapshot of the first release with one of them is older than all of them.
    index = next((index for index, one in enumerate(history) if _migrations(one) & set(unknown)), None)
    if index is None:
        return _before_failed_update(session, history)
    origin = history[index]
    if origin.snapshot:
        return f"The database before release {origin.number} is snapshot {origin.snapshot}"
    after = f"release {origin.number} ({origin.at})"
    if index == 0:
        return (
            f"They ran before {after} without a snapshot. Point-in-time recovery can restore the database before that"
        )
    before = f"release {history[index - 1].number} ({history[index - 1].at})"
    return (
        f"They ran between {before} and {after}, and the record has no snapshot from before. Point-in-time recovery "
        "can restore the database of any moment between the two"
    )


def _migrations(release: ReleaseRecord) -> set[str]:
    """Migrations that this release ran, and its newest ones, which an earlier failed update may have run."""
    return {*release.migrated, *(".".join(head) for head in release.heads.items())}


def _before_failed_update(session: boto3.Session, history: Sequence[ReleaseRecord]) -> str:
    latest = history[-1]
    ran = f"An update after release {latest.number} ran them and failed."
    snapshot = oldest_snapshot(session, history, latest.database)
    if snapshot:
        return f"{ran} The database before it is snapshot {snapshot}"
    return f"{ran} Point-in-time recovery can restore the database after {latest.at}"
