"""What a release's image and the database know of each other: printed by a one-off task, read from its log."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release import one_off_task, stopped_task
from infra.release.errors import ReleaseError
from infra.release.one_off_task import OneOffTask

EVENT = "release_state"
STATE_COMMAND = ("python", "manage.py", "migration_state")
"""Prints the state and changes nothing."""
LOG_SECONDS = 60
"""The last lines of a task that ended are in CloudWatch within seconds; a minute is said to be the worst."""
POLL_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class ReleaseState:
    """Migrations are named `<app>.<name>`."""

    unapplied: Sequence[str]
    """The image knows them, the database has not run them."""
    unknown: Sequence[str]
    """The database has run them, the image does not know them."""
    heads: Mapping[str, str]
    """The newest migration of each app that the image knows."""

    @property
    def database_is_empty(self) -> bool:
        """Whether not even the first migration of any app was run: there is nothing to save."""
        begun = {name.partition(".")[0] for name in self.unapplied if name.partition(".")[2].startswith("0001")}
        return bool(begun) and begun >= set(self.heads) and not self.unknown

    @classmethod
    def from_line(cls, line: str) -> "ReleaseState | None":
        """The state that a line of the log holds; None when it is another line."""
        try:
            read = json.loads(line)
            if read["event"] != EVENT:
                return None
            return cls(unapplied=list(read["unapplied"]), unknown=list(read["unknown"]), heads=dict(read["heads"]))
        except (ValueError, KeyError, TypeError):
            return None


def ask(session: boto3.Session, task: OneOffTask) -> ReleaseState:
    """Run `migration_state` with this task definition's image. Raises ReleaseError."""
    return run_and_read(session, replace(task, command=STATE_COMMAND, what="the question what was migrated"))


def run_and_read(session: boto3.Session, task: OneOffTask) -> ReleaseState:
    """Run a task that prints the state, to its end, and read it. Raises ReleaseError, also when it never arrives."""
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
            f"{task.what} ended well, but its log could not be read, and without it nobody knows what there is to "
            f"migrate: {error}\ntask: {arn}\nWhoever runs this needs logs:GetLogEvents for its log group."
        ) from None


def _missing(task: OneOffTask, arn: str, lines: Sequence[Any]) -> str:
    seen: list[str] = ["last log lines:", *(f"  {line}" for line in lines[-5:])] if lines else ["it left no log lines"]
    return "\n".join(
        [
            f"{task.what} ended well, but its line with the event {EVENT} is not in its log after {LOG_SECONDS} s",
            "and without it nobody knows what there is to migrate.",
            f"task: {arn}",
            *seen,
            f"The image must know `{' '.join(task.command)}`, and its log group must take what the task sends.",
        ]
    )
