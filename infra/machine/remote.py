"""The program on the machine, started from outside: through Systems Manager, one document, nothing else."""

import time
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.machine.command_document import EXECUTION_SECONDS, NOT_INSTALLED, OTHER_MACHINE
from infra.machine.instances import instances, serving_instance
from infra.release.errors import ReleaseError

POLL_SECONDS = 2
LISTENING_SECONDS = 300
"""How long a machine may take until its agent reports for duty and its first boot is over."""
LOOK_SECONDS = 60
"""Now and then, during a long command: whether the machine is still there and at work."""
DELIVERY_SECONDS = 60
SILENT = "it was ended before it could say why: the machine was restarted, or its agent of Systems Manager was"
OVER = {"Success", "Failed", "Cancelled", "TimedOut"}


class NotReadyError(ReleaseError):
    """The instance takes no commands yet, or its first boot has not ended; the message is what it said last."""


class OtherMachineError(ReleaseError):
    """The release can only run on a machine of another template; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Where commands go."""

    group: str
    """The auto scaling group of one."""
    document: str


def run(session: boto3.Session, remote: Remote, command: str, release: str = "", instead_of: str = "") -> str:
    """Standard output of `preqly <command> <release>` on the machine that serves; waits for one that begins.

    Raises ReleaseError with what the program said when it fails, and when no machine takes the command.
    """
    deadline = time.monotonic() + LISTENING_SECONDS
    while True:
        try:
            return ask(session, remote, serving_instance(session, remote.group), command, release, instead_of)
        except NotReadyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def ask(
    session: boto3.Session, remote: Remote, instance: str, command: str, release: str = "", instead_of: str = ""
) -> str:
    """As `run`, on one instance, at once. Raises NotReadyError while it cannot be asked, else ReleaseError."""
    ssm: Any = session.client("ssm")
    sent = _send(ssm, remote, instance, {"command": [command], "release": [release], "insteadOf": [instead_of]})
    begun = looked = time.monotonic()
    while (found := _invocation(ssm, sent, instance)).get("Status") not in OVER:
        now = time.monotonic()
        if now > begun + EXECUTION_SECONDS:
            raise ReleaseError(f"{command} on {instance} is not done after {EXECUTION_SECONDS} s (command {sent})")
        if now > looked + LOOK_SECONDS:
            idle = _is_idle(session, remote, instance, f"{command} {release}")
            looked = now
            # It may have ended a moment ago.
            time.sleep(POLL_SECONDS)
            if idle and _invocation(ssm, sent, instance).get("Status") not in OVER:
                raise ReleaseError(
                    f"instance {instance} does not work on {command} {release} any more: it was restarted, or its "
                    "agent of Systems Manager was."
                )
        time.sleep(POLL_SECONDS)
    return _output(found, command, instance)


def _output(found: dict[str, Any], command: str, instance: str) -> str:
    if found["Status"] == "Success":
        return str(found["StandardOutputContent"]).strip()
    said = str(found.get("StandardErrorContent") or found.get("StandardOutputContent") or SILENT).strip()
    if found.get("ResponseCode") == NOT_INSTALLED:
        raise NotReadyError(f"instance {instance}: {said}")
    if found.get("ResponseCode") == OTHER_MACHINE:
        raise OtherMachineError(said)
    if found.get("StatusDetails") in ("DeliveryTimedOut", "Undeliverable"):
        raise NotReadyError(f"the agent of Systems Manager on instance {instance} does not answer")
    raise ReleaseError(f"{command} on instance {instance} {found['Status'].lower()}:\n{said}")


def _is_idle(session: boto3.Session, remote: Remote, instance: str, work: str) -> bool:
    """Whether nobody works on the machine: Systems Manager itself notices after hours. Raises ReleaseError."""
    if work.startswith("status"):
        raise NotReadyError(f"the agent of Systems Manager on instance {instance} does not answer")
    if instance not in [one.id for one in instances(session, remote.group)]:
        raise ReleaseError(
            f"instance {instance} went away while it was told to {work}. Its auto scaling group starts another one, "
            "with the release that served."
        )
    try:
        said = ask(session, remote, instance, "status")
    except NotReadyError as error:
        raise ReleaseError(
            f"{error}, so nobody knows how far {work} came. Run this again: it asks the machine, and goes on from "
            "there."
        ) from None
    return '"at_work": ""' in said


def _send(ssm: Any, remote: Remote, instance: str, parameters: dict[str, list[str]]) -> str:
    try:
        answer = ssm.send_command(
            InstanceIds=[instance],
            DocumentName=remote.document,
            Parameters=parameters,
            TimeoutSeconds=DELIVERY_SECONDS,
            Comment=f"release of the site: {parameters['command'][0]}",
        )
    except ClientError as error:
        # What Systems Manager says of an instance whose agent has not reported yet.
        if error.response["Error"]["Code"] == "InvalidInstanceId":
            raise NotReadyError(f"the agent of Systems Manager on instance {instance} has not reported yet") from None
        raise ReleaseError(f"instance {instance} takes no commands: {error}") from None
    return str(answer["Command"]["CommandId"])


def _invocation(ssm: Any, command: str, instance: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = ssm.get_command_invocation(CommandId=command, InstanceId=instance)
    except ClientError as error:
        # For a moment after it was sent.
        if error.response["Error"]["Code"] == "InvocationDoesNotExist":
            return {}
        raise
    return found
