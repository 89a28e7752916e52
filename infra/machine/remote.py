"""The program on the machine, started from outside: through Systems Manager, one document, nothing else."""

import time
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.errors import ReleaseError

POLL_SECONDS = 2
LISTENING_SECONDS = 120
"""How long a machine's agent may take to report for duty."""
OVER = {"Success", "Failed", "Cancelled", "TimedOut"}


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Where commands go."""

    group: str
    """The auto scaling group of one."""
    document: str


def run(session: boto3.Session, remote: Remote, command: str, release: str, timeout_seconds: int = 1800) -> str:
    """Standard output of `preqly <command> <release>` on the machine.

    Raises ReleaseError with what the program said when it fails, and when no machine takes the command.
    """
    ssm: Any = session.client("ssm")
    instance = instance_of(session, remote.group)
    sent = _send(ssm, remote, instance, {"command": [command], "release": [release]}, timeout_seconds)
    deadline = time.monotonic() + timeout_seconds
    while (found := _invocation(ssm, sent, instance)).get("Status") not in OVER:
        if time.monotonic() > deadline:
            raise ReleaseError(f"{command} on {instance} is not done after {timeout_seconds} s (command {sent})")
        time.sleep(POLL_SECONDS)
    if found["Status"] == "Success":
        return str(found["StandardOutputContent"]).strip()
    said = str(found.get("StandardErrorContent") or found.get("StandardOutputContent") or "it said nothing").strip()
    raise ReleaseError(f"{command} on instance {instance} {found['Status'].lower()}:\n{said}")


def instance_of(session: boto3.Session, group: str) -> str:
    """Id of the instance in service, the newest when there are two. Raises ReleaseError when there is none."""
    scaling: Any = session.client("autoscaling")
    answer = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    found = [one["InstanceId"] for one in (answer[0]["Instances"] if answer else []) if _serves(one)]
    if not found:
        raise ReleaseError(
            f"auto scaling group {group} has no instance in service. It starts one by itself; see its activity: "
            f"aws autoscaling describe-scaling-activities --auto-scaling-group-name {group}"
        )
    return str(found[-1])


def _serves(instance: dict[str, Any]) -> bool:
    return bool(instance["LifecycleState"] == "InService" and instance["HealthStatus"] == "Healthy")


def _send(ssm: Any, remote: Remote, instance: str, parameters: dict[str, list[str]], timeout_seconds: int) -> str:
    deadline = time.monotonic() + LISTENING_SECONDS
    while True:
        try:
            answer = ssm.send_command(
                InstanceIds=[instance],
                DocumentName=remote.document,
                Parameters=parameters,
                TimeoutSeconds=max(30, min(timeout_seconds, 600)),
                Comment=f"pulumi up: {parameters['command'][0]}",
            )
        except ClientError as error:
            # What Systems Manager says of an instance whose agent has not reported yet.
            if error.response["Error"]["Code"] != "InvalidInstanceId" or time.monotonic() > deadline:
                raise ReleaseError(f"instance {instance} takes no commands: {error}") from None
            time.sleep(POLL_SECONDS)
            continue
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
