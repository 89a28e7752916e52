"""Run a command that asks the operator: by ECS Exec, in a one-off task that waits for it."""

import shlex
import time
from collections.abc import Sequence
from dataclasses import replace

from infra.release.migration.one_off_task import OneOffTask
from infra.release.reporting import Reporter
from ops.errors import OpsError
from ops.sessions.terminal import Place, execute
from ops.stack import Stack
from ops.tasks import task as one_off
from ops.tasks.in_task import python_command
from ops.tasks.task import START_SECONDS, CommandTask, started

LONGEST_SECONDS = 8 * 3600
END_SECONDS = 30
"""From the end of the command to its exit code in DescribeTasks."""
FOLDER = "/tmp"  # noqa: S108 - the task's own, and empty
TELL = 'echo $$ > "$0/ops-started"; "$@"; echo $? > "$0/ops-ended"'
"""For `hold`, which ends with this exit code: ECS Exec tells none."""


def run_interactively(stack: Stack, task: OneOffTask, plugin: str, report: Reporter) -> int:
    """Run the task's command in the operator's terminal and return its exit code.

    The task ends with the command, with the session, and after LONGEST_SECONDS. Raises OpsError when it never ran.
    """
    command, hold = task.command, python_command("hold", FOLDER, START_SECONDS, LONGEST_SECONDS)
    with started(stack, replace(task, command=hold, execute_command=True), report) as running:
        runtime_id = running.wait_for_exec()
        place = Place(cluster=running.cluster, task=running.arn, container=running.container, runtime_id=runtime_id)
        execute(stack.session, place, wrapped(command), plugin)
        return _exit_code(running)


def wrapped(command: Sequence[str], folder: str = FOLDER) -> str:
    """The command line of ECS Exec, which splits it as a shell does."""
    return shlex.join(["/bin/sh", "-c", TELL, folder, *command])


def _exit_code(running: CommandTask) -> int:
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        if (code := running.exit_code(running.describe())) is not None:
            return code
        time.sleep(one_off.POLL_SECONDS)
    raise OpsError(
        f"The session ended before its command: task {running.name} is told to stop, which ends the command too."
    )
