"""Run a command to its end, with its output as it comes."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3

from infra.release.migration.one_off_task import OneOffTask
from infra.release.reporting import Reporter
from ops.errors import Interrupted
from ops.stack import Stack
from ops.tasks import task as one_off
from ops.tasks.signals import ending_signals
from ops.tasks.task import CommandTask

Write = Callable[[str], None]
"""Takes one line of output, without its end."""
LAST_READS = 4
"""Reads without a line after the task has stopped: CloudWatch gets the last lines a moment later."""


def run(stack: Stack, task: OneOffTask, write: Write, report: Reporter) -> int:
    """Start the task, pass on its output and return its exit code.

    Raises TaskFailed when the command never ran, Interrupted after Ctrl-C, which stops it.
    """
    log_group = stack.history()[-1].log_group
    with ending_signals():
        running = CommandTask(stack, task)
        try:
            report(f"Task {running.name} starts; Ctrl-C stops it.")
            return _follow(running, Output(stack.session, log_group, running), write)
        except KeyboardInterrupt:
            running.stop("interrupted by the operator")
            raise Interrupted(
                f"Interrupted. Task {running.name} is told to stop: its command gets SIGTERM. "
                f"`python -m ops logs --container {running.container}` shows its last lines."
            ) from None


def _follow(running: CommandTask, output: "Output", write: Write) -> int:
    while (code := running.exit_code(running.describe())) is None:
        _pass_on(output, write)
        time.sleep(one_off.POLL_SECONDS)
    quiet = 0
    while quiet < LAST_READS:
        time.sleep(one_off.POLL_SECONDS)
        quiet = 0 if _pass_on(output, write) else quiet + 1
    return code


def _pass_on(output: "Output", write: Write) -> bool:
    lines = list(output.read())
    for line in lines:
        write(line)
    return bool(lines)


class Output:
    """The log stream of a task's container, from its beginning."""

    def __init__(self, session: boto3.Session, group: str, running: CommandTask) -> None:
        self._logs: Any = session.client("logs")
        stream = f"{running.container}/{running.container}/{running.name}"
        self._query: dict[str, Any] = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}

    def read(self) -> Iterator[str]:
        """The lines that came since the last call."""
        while True:
            try:
                answer = self._logs.get_log_events(**self._query)
            except self._logs.exceptions.ResourceNotFoundException:
                # No line has arrived.
                return
            for event in answer["events"]:
                yield str(event["message"]).rstrip("\n")
            # The same token again says that there are no more.
            if not answer["events"] or answer["nextForwardToken"] == self._query.get("nextToken"):
                return
            self._query["nextToken"] = answer["nextForwardToken"]
