"""Bring a release on record back: the same checks, rollout and verdict as `pulumi up`, on its images by digest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import boto3

from infra.release import attempts, kept_images
from infra.release.errors import ReleaseError
from infra.release.record import Release, ReleaseRecord, Withheld, utc_now
from infra.release.release_state import ReleaseState
from ops.errors import Refused
from ops.host import Tell
from ops.hosts import host_of
from ops.registry import missing_images


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

    Raises Refused before what serves is touched when target and database do not fit, ReleaseError when it fails.
    """
    target, latest = change.target, change.latest
    host = host_of(session, latest)
    names = host.names(target)
    tell("Asking the database which migrations it has")
    state = host.state(names)
    _refuse_unapplied(state, target)
    if not change.may_lack:
        _refuse_unknown(session, state, target, record.history())
    try:
        host.roll_out(names, tell)
    except ReleaseError as error:
        raise ReleaseError(
            f"Release {target.number} was not brought back, and the record is as it was. {error}"
        ) from None
    if names.web == latest.task_definition and target.tag == latest.tag:
        return latest
    # Where the stack is now comes from its last release, what runs from the one that is brought back.
    recorded = record.append(
        replace(
            latest,
            kind=change.kind,
            at=utc_now(),
            tag=target.tag,
            revision=target.revision,
            sources=target.sources,
            architecture=names.architecture,
            withheld=change.withheld,
            web_image=target.web_image,
            proxy_image=target.proxy_image,
            task_definition=names.web,
            migration_task_definition=names.migration,
            heads=target.heads,
            migrated=[],
            snapshot=None,
        )
    )
    kept_images.keep(session, recorded)
    return recorded


def _refuse_unapplied(state: ReleaseState, target: Release) -> None:
    if state.unapplied:
        raise Refused(
            f"Release {target.number} needs migrations that the database does not have: {', '.join(state.unapplied)}. "
            "It was restored, or they were reversed. Nothing was touched. Deploy the sources with `pulumi up`, "
            "which migrates."
        )


def _refuse_unknown(session: boto3.Session, state: ReleaseState, target: Release, history: Sequence[Release]) -> None:
    if not state.unknown:
        return
    raise Refused(
        f"Release {target.number} does not know migrations that the database has: {', '.join(state.unknown)}. Nothing "
        "was touched.\n"
        "When its code runs on the newer schema all the same (tables or columns that may be empty were added, nothing "
        "else), say --allow-unknown-migrations.\n"
        f"{_way_back(session, state.unknown, history)}: docs/operations.md, Restore."
    )


def _way_back(session: boto3.Session, unknown: Sequence[str], history: Sequence[Release]) -> str:
    """Where the database from before these migrations is."""
    # The first release that brought one of them: its snapshot is older than all of them.
    place = next((place for place, one in enumerate(history) if _brought(one) & set(unknown)), None)
    if place is None:
        return _of_a_failed_update(session, history)
    origin = history[place]
    if origin.snapshot:
        return f"The database before release {origin.number} is snapshot {origin.snapshot}"
    then = f"release {origin.number} ({origin.at})"
    if place == 0:
        return f"They ran before {then} without a snapshot. Point-in-time recovery has the database before that"
    before = f"release {history[place - 1].number} ({history[place - 1].at})"
    return (
        f"They ran between {before} and {then}, and no snapshot of before is on record. Point-in-time recovery has the "
        "database of any moment between the two"
    )


def _brought(release: Release) -> set[str]:
    """Its migrations, the newest ones also when an update that did not end well had run them before."""
    return {*release.migrated, *(".".join(head) for head in release.heads.items())}


def _of_a_failed_update(session: boto3.Session, history: Sequence[Release]) -> str:
    latest = history[-1]
    ran = f"An update after release {latest.number} ran them and did not end well."
    taken = attempts.oldest_snapshot(session, history, latest.database)
    if taken:
        return f"{ran} The database before it is snapshot {taken}"
    return f"{ran} Point-in-time recovery has the database after {latest.at}"
