"""Which migrations an image and the database know: a one-off task prints it, and this reads it from the task's log."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.migration import one_off_task
from infra.release.migration.one_off_task import OneOffTask
from infra.release.reporting import ReleaseError
from infra.release.rollout import stopped_task

EVENT = "release_state"
STATE_COMMAND = ("python", "manage.py", "migration_state")
"""Prints the state and changes nothing."""
LOG_SECONDS = 60
"""CloudWatch has the last lines of a stopped task within seconds, in the worst case after a minute."""
POLL_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class ReleaseState:
    """Migrations of an image and of the database, as `<app>.<name>`."""

    unapplied: Sequence[str]
    """The image has them, and the database has not run them."""
    unknown: Sequence[str]
    """The database has run them, and the image does not have them."""
    heads: Mapping[str, str]
    """The newest migration of the image, by app."""

    @property
    def database_is_empty(self) -> bool:
        """Whether no app has run its first migration, so that there is nothing to save."""
        new_apps = {name.partition(".")[0] for name in self.unapplied if name.partition(".")[2].startswith("0001")}
        return bool(new_apps) and new_apps >= set(self.heads) and not self.unknown

    @classmethod
    def from_line(cls, line: str) -> "ReleaseState | None":
        """The state in a line of the log; None for any other line."""
        try:
            read = json.loads(line)
            if read["event"] != EVENT:
                return None
            return cls(unapplied=list(read["unapplied"]), unknown=list(read["unknown"]), heads=dict(read["heads"]))
        except (ValueError, KeyError, TypeError):
            return None


def read(session: boto3.Session, task: OneOffTask) -> ReleaseState:
    """Run `migration_state` in the image of this task and read its answer. Raises ReleaseError."""
    return run_and_read(session, replace(task, command=STATE_COMMAND, what="the task that lists migrations"))


def run_and_read(session: boto3.Session, task: OneOffTask) -> ReleaseState:
    """Run a task that prints the state and read it. Raises ReleaseError, also when the line does not arrive."""
    arn = one_off_task.run(session, task)
    deadline = time.monotonic() + LOG_SECONDS
    while True:
        lines = _log_lines(session, task, arn)
        found = next((state for line in reversed(lines) if (state := ReleaseState.from_line(line))), None)
        if found:
            return found
        if time.monotonic() > deadline:
            raise ReleaseError(_missing(task, arn, lines))
        time.sleep(POLL_SECONDS)


def _log_lines(session: boto3.Session, task: OneOffTask, arn: str) -> list[str]:
    try:
        return stopped_task.container_log_lines(session, task.task_definition, arn, task.container)
    except ClientError as error:
        raise ReleaseError(
            f"{task.what} succeeded, but its log with the pending migrations cannot be read: {error}\ntask: {arn}\n"
            "These credentials need logs:GetLogEvents for its log group."
        ) from None


def _missing(task: OneOffTask, arn: str, lines: Sequence[Any]) -> str:
    seen: list[str] = ["last log lines:", *(f"  {line}" for line in lines[-5:])] if lines else ["it wrote no log lines"]
    return "\n".join(
        [
            f"{task.what} succeeded, but its log has no line with the event {EVENT} after {LOG_SECONDS} s,",
            "so the pending migrations are unknown.",
            f"task: {arn}",
            *seen,
            f"Check that the image has the command `{' '.join(task.command)}` and that its log group takes its lines.",
        ]
    )
