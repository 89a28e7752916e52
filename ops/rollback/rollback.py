"""`rollback` and `forward`: choose the release, ask for confirmation, deploy it again."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.release import image_tags
from infra.release.record import ReleaseRecord, RolledBack
from infra.release.reporting import Reporter
from ops.ecs.service import EcsService
from ops.errors import Refused, UsageError
from ops.output import Confirm, release_age, release_name
from ops.rollback.redeploy import Redeployment, redeploy, refuse_unusable
from ops.rollback.release_selection import by_number, newest, previous_release
from ops.stack import Stack


@dataclass(frozen=True, kw_only=True)
class RollbackRequest:
    """Options of the command, and how it talks to the operator."""

    confirm: Confirm
    report: Reporter
    allow_unknown_migrations: bool = False


@dataclass(frozen=True, kw_only=True)
class RollbackResult:
    """How the command ended."""

    changed: bool
    """False when the release already served and was on record."""
    release: ReleaseRecord
    """The last on record."""


def roll_back(stack: Stack, number: int | None, request: RollbackRequest) -> RollbackResult:
    """Deploy the release with this number again; without a number the one before the running release.

    Raises UsageError for a number that is not on record, Refused, or ReleaseError.
    """
    history = stack.history()
    latest = history[-1]
    service = EcsService(stack.session, latest)
    target = _with_number(history, number) if number is not None else _previous(history, service.release_tag)
    # After several rollbacks the first one counts: the sources are still those of the release that it undid.
    rolled_back = latest.rolled_back or RolledBack(number=latest.number, tag=latest.tag, sources=latest.sources)
    change = Redeployment(
        kind="rollback",
        target=target,
        latest=latest,
        rolled_back=None if rolled_back.has_content_of(target.tag) else rolled_back,
        allow_unknown_migrations=request.allow_unknown_migrations,
    )
    return _redeploy(stack, change, service, request)


def roll_forward(stack: Stack, request: RollbackRequest) -> RollbackResult:
    """Deploy the release that was rolled back again, if there is one. Raises Refused or ReleaseError."""
    history = stack.history()
    latest = history[-1]
    rolled_back = latest.rolled_back
    if rolled_back is None:
        image_tags.tag_images(stack.session, latest)
        return RollbackResult(changed=False, release=latest)
    target = by_number(history, rolled_back.number) or newest(history, rolled_back.tag)
    if target is None:
        raise Refused(
            f"Release {rolled_back.number} was rolled back, but it is no longer on record. Deploy changed sources with "
            "`pulumi up`."
        )
    change = Redeployment(
        kind="release",
        target=target,
        latest=latest,
        rolled_back=None,
        allow_unknown_migrations=request.allow_unknown_migrations,
    )
    return _redeploy(stack, change, EcsService(stack.session, latest), request)


def _redeploy(stack: Stack, change: Redeployment, service: EcsService, request: RollbackRequest) -> RollbackResult:
    target, latest, running = change.target, change.latest, service.release_tag
    if service.rollout_completed and running == target.tag == latest.tag:
        # An earlier run may have been killed between record and image tags.
        image_tags.tag_images(stack.session, latest)
        return RollbackResult(changed=False, release=latest)
    resume = running == target.tag != latest.tag
    service.refuse_concurrent(resume=resume)
    refuse_unusable(stack.session, target)
    if resume:
        request.report(f"An earlier command started {release_name(target)}. This one completes it.")
    else:
        for line in process_changes(change.target, change.latest):
            request.report(line)
        request.confirm(_question(change))
    return RollbackResult(changed=True, release=redeploy(stack.session, stack.record, change, request.report))


def process_changes(target: ReleaseRecord, latest: ReleaseRecord) -> list[str]:
    """A line for each process that only one of the releases runs."""
    stopped = [name for name in latest.processes if name not in target.processes]
    deleted = [name for name in target.processes if name not in latest.process_services]
    return [
        *(f"Process {name} stops: release {target.number} does not have it." for name in stopped),
        *(
            f"Process {name} of release {target.number} does not start, because a later release deleted its service. "
            "Its jobs wait until `pulumi up` of sources with it."
            for name in deleted
        ),
    ]


def _question(change: Redeployment) -> str:
    target, latest = change.target, change.latest
    if target.tag == latest.tag:
        return f"{release_name(latest)} should serve and does not. Start it again?"
    return (
        f"Now:  {release_name(latest)}, {release_age(latest)}\n"
        f"Then: {release_name(target)}, {release_age(target)}, with the current settings and secrets\n"
        f"{'Roll back' if change.kind == 'rollback' else 'Go forward'}?"
    )


def _with_number(history: Sequence[ReleaseRecord], number: int) -> ReleaseRecord:
    target = by_number(history, number)
    if target is None:
        raise UsageError(
            f"Release {number} is not on record. The record has releases {history[0].number} to {history[-1].number}: "
            "`python -m ops releases`."
        )
    return target


def _previous(history: Sequence[ReleaseRecord], running_tag: str) -> ReleaseRecord:
    target = previous_release(history, running_tag)
    if target is None:
        raise Refused(
            f"There is no release to go back to: {release_name(history[-1])} is the only one on record that was not "
            "rolled back. Deploy fixed sources with `pulumi up`, or name a release of `python -m ops releases`."
        )
    return target
