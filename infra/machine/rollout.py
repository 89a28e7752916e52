"""A release on its way to the machine: prepared, saved before it is migrated, deployed."""

import boto3

from infra.machine import remote, status
from infra.machine.diagnosis import explained
from infra.machine.remote import OtherMachineError, Remote
from infra.machine.status import Status
from infra.release import snapshot
from infra.release.errors import ReleaseError
from infra.release.migration import Migrated, told_migrations
from infra.release.release_state import ReleaseState
from infra.release.snapshot import SnapshotPolicy
from infra.release.telling import Tell


def release(session: boto3.Session, to: Remote, key: str, policy: SnapshotPolicy, tell: Tell) -> Migrated | None:
    """Bring the release under `key` to the visitors. Raises ReleaseError; one that served before it serves on then.

    None when it serves already (a rollback brought it back, an update that was cut off had deployed it), and when it
    needs a machine of another template, which starts with it.
    """
    before: Status | None = None
    try:
        before = status.read(session, to)
        return _release(session, to, key, policy, before, tell)
    except ReleaseError as error:
        raise ReleaseError(
            f"The release was not rolled out, and {_left(before)}: {explained(str(error))}\n"
            "Remove the cause and run `pulumi up` again; nothing else is needed."
        ) from None


def _left(before: Status | None) -> str:
    """What visitors have, as far as the machine said it."""
    if before is None:
        return "the machine did not say whether one before it serves"
    if before.release is None:
        return "no other one serves"
    return "the one before it did not answer either" if before.problem else "the one before it serves on"


def _release(
    session: boto3.Session, to: Remote, key: str, policy: SnapshotPolicy, before: Status, tell: Tell
) -> Migrated | None:
    if before.at_work:
        tell(f"The machine is at work and is waited for: {before.at_work}")
    if before.release == key and not before.problem:
        tell("The machine serves this release already")
        return None
    try:
        said = remote.run(session, to, "prepare", key)
    except OtherMachineError as error:
        _leave_to_new_machine(session, key, policy, error, tell)
        return None
    state = state_in(said)
    if state.unknown:
        tell(f"The database has migrations that this release does not know: {', '.join(state.unknown)}")
    name = None
    if state.unapplied and policy.kept and not state.database_is_empty:
        name = snapshot.take(session, policy, key, tell)
    tell(f"Migrating: {told_migrations(state.unapplied)}" if state.unapplied else "Nothing to migrate")
    slot = remote.run(session, to, "deploy", key, before.release or "")
    tell(f"The release serves in slot {slot}")
    return Migrated(heads=state.heads, migrated=state.unapplied, snapshot=name)


def _leave_to_new_machine(
    session: boto3.Session, key: str, policy: SnapshotPolicy, why: OtherMachineError, tell: Tell
) -> None:
    """It migrates at its boot; what there is to migrate is not known before."""
    tell(f"A new machine starts with this release: {why}")
    if policy.kept:
        snapshot.take(session, policy, key, tell)


def state_in(output: str) -> ReleaseState:
    """The state that a release's command printed. Raises ReleaseError when it printed none."""
    found = next((state for line in reversed(output.splitlines()) if (state := ReleaseState.from_line(line))), None)
    if found is None:
        raise ReleaseError("the release's preparation ended well, but did not print what there is to migrate")
    return found
