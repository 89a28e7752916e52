"""Say yes only when the machine with the address serves what was asked for, and its site answers."""

import time
from typing import Any

import boto3

from infra.machine import remote, replacement, status
from infra.machine.diagnosis import explained
from infra.machine.remote import Remote
from infra.machine.status import Status
from infra.release.errors import ReleaseError
from infra.release.telling import Tell

ROLLOUT_SECONDS = 900
"""As long as somebody else's deploy, or a repair, may take."""
REPAIR_SECONDS = 120
"""Within these the machine's keeper has rebuilt a site that does not answer."""
POLL_SECONDS = 2
HEALS = (
    "The machine repairs itself, and is replaced when that does not help. Run `pulumi up` again to see how it is; mend "
    "the release when the cause is there."
)


def verify(session: boto3.Session, to: Remote, parameter: str, key: str, tell: Tell) -> Status:
    """What the machine says of itself, once it serves the release under `key`. Raises ReleaseError that says why not.

    What an update that was cut off left undone is done here: the release that `parameter` names is deployed when the
    machine serves another one, and containers that nobody needs are removed.
    """
    _refuse_other_record(session, parameter, key)
    instance = replacement.settle(session, to, tell)
    begun, deployed = time.monotonic(), False
    while True:
        found = status.read(session, to, instance)
        if not (problem := _problem(found, key)):
            return found
        waited = time.monotonic() - begun
        if not found.at_work and not deployed and (found.release != key or found.stale):
            tell(f"The machine serves {found.release or 'nothing'}; {key} is deployed once more")
            _deploy(session, to, key, found)
            deployed, begun = True, time.monotonic()
        elif waited > (ROLLOUT_SECONDS if found.at_work else REPAIR_SECONDS):
            raise ReleaseError(_report(key, instance, found, problem))
        else:
            time.sleep(POLL_SECONDS)


def _problem(found: Status, key: str) -> str:
    if found.release != key:
        return f"does not serve, {found.release or 'nothing'} does"
    if found.problem:
        return "does not answer"
    return "left containers behind" if found.stale and not found.at_work else ""


def _deploy(session: boto3.Session, to: Remote, key: str, found: Status) -> None:
    try:
        remote.run(session, to, "deploy", key, found.release or "")
    except ReleaseError as error:
        raise ReleaseError(
            f"The release on record does not serve, and could not be deployed again: {explained(str(error))}"
        ) from None


def _refuse_other_record(session: boto3.Session, parameter: str, key: str) -> None:
    ssm: Any = session.client("ssm")
    named = str(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    if named != key:
        raise ReleaseError(
            f"SSM parameter {parameter} names {named}, not {key}: somebody deployed or rolled back a moment ago, or a "
            "rollback was cut off. `python -m ops status` says what serves; `python -m ops rollback` ends one that was "
            "cut off, `pulumi up --refresh` deploys these sources again."
        )


def _report(key: str, instance: str, found: Status, problem: str) -> str:
    lines = [
        f"The release {key} {problem}, on instance {instance}.",
        *([explained(found.problem)] if found.problem else []),
        *([f"at work: {found.at_work}"] if found.at_work else []),
        *(f"container {one}" for one in found.containers),
    ]
    return "\n".join([*lines, HEALS])
