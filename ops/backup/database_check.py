"""Check queries on a restored instance, in a one-off task of the present release: the database is private."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from infra.ecs.containers import MIGRATION_COMMAND
from infra.release.migration import one_off_task
from infra.release.migration.one_off_task import OneOffTask
from infra.release.record import ReleaseRecord
from infra.release.rollout import stopped_task
from ops.ecs.description import describe_service
from ops.errors import OpsError
from ops.stack import Stack

EVENT = "database_check"
COMMAND = (*MIGRATION_COMMAND[:2], "check_database")
LOG_SECONDS = 60
"""CloudWatch has the last lines of a stopped task within seconds, in the worst case after a minute."""
POLL_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to one query: the first column of its first row, or PostgreSQL's message."""

    query: str
    value: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class DatabaseCheck:
    """What a restored database holds."""

    tables: int
    migrations: int
    """Migrations that it has run."""
    unapplied: tuple[str, ...]
    """Migrations of the present release that it has not run."""
    answers: tuple[Answer, ...]

    def problems(self) -> list[str]:
        """What is wrong with it."""
        failed = [f"{one.query}: {one.error}" for one in self.answers if one.error]
        return [*([] if self.migrations else ["the database has run no migration"]), *failed]


def check(stack: Stack, release: ReleaseRecord, host: str, queries: Sequence[str]) -> DatabaseCheck:
    """Run the task and read its answer. Raises ReleaseError when it fails, OpsError when its line does not arrive."""
    network = describe_service(stack.session, release, tasks=False).network["awsvpcConfiguration"]
    task = replace(
        OneOffTask.in_network(release.cluster, release.migration_task_definition, network),
        command=(*COMMAND, "--host", host, *queries),
        what="the check of the restored database",
    )
    arn = one_off_task.run(stack.session, task)
    deadline = time.monotonic() + LOG_SECONDS
    while time.monotonic() < deadline:
        lines = stopped_task.container_log_lines(stack.session, task.task_definition, arn, task.container)
        if found := next((one for one in map(_read, lines) if one), None):
            return found
        time.sleep(POLL_SECONDS)
    raise OpsError(f"{task.what} ended, but its log has no line with the event {EVENT} after {LOG_SECONDS} s: {arn}")


def _read(line: str) -> DatabaseCheck | None:
    try:
        read: dict[str, Any] = json.loads(line)
        if read["event"] != EVENT:
            return None
        answers = tuple(Answer(**one) for one in read["answers"])
        return DatabaseCheck(
            tables=read["tables"], migrations=read["migrations"], unapplied=tuple(read["unapplied"]), answers=answers
        )
    except (ValueError, KeyError, TypeError):
        return None
