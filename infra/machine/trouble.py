"""Why the site does not come up on a machine: what the machine itself says, else what its console shows."""

import time
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.machine import diagnosis, status
from infra.machine.remote import NotReadyError, Remote
from infra.machine.status import Status
from infra.release.errors import ReleaseError

TRIES, TRY_SECONDS = 3, 120
"""So often and so long a machine may try: a permission or a registry of a minute ago is not everywhere at once."""
CONSOLE_LINES = 15


def refuse_trouble(session: boto3.Session, to: Remote, instance: str) -> None:
    """Raise ReleaseError when the machine has tried often enough. One that cannot say so yet has time."""
    found = _status(session, to, instance)
    if isinstance(found, Status) and found.boot:
        tries, since = int(found.boot["tries"]), float(found.boot["since"])
        if tries >= TRIES and time.time() - since > TRY_SECONDS:
            raise ReleaseError(
                f"the site did not come up on instance {instance}, which has tried {tries} times. The last time:\n"
                f"{diagnosis.explained(str(found.boot['why']))}"
            )


def last_words(session: boto3.Session, to: Remote, instance: str) -> str:
    """What the machine said last."""
    found = _status(session, to, instance)
    if isinstance(found, Status):
        return diagnosis.explained(str(found.boot["why"])) if found.boot else found.at_work or found.problem
    console = _console(session, instance)
    return "\n".join([found, *(["Its console shows:", *console] if console else [])])


def _status(session: boto3.Session, to: Remote, instance: str) -> Status | str:
    try:
        return status.read(session, to, instance)
    except NotReadyError as error:
        return str(error)


def _console(session: boto3.Session, instance: str) -> list[str]:
    ec2: Any = session.client("ec2")
    try:
        output = str(ec2.get_console_output(InstanceId=instance, Latest=True).get("Output", ""))
    except ClientError as error:
        return [f"nothing: {error}"]
    return [f"  {line}" for line in output.splitlines() if line.strip()][-CONSOLE_LINES:]
