"""A command in a container, in the operator's terminal: ECS Exec."""

import subprocess
import sys
import time
from dataclasses import dataclass

import boto3

from ops.errors import UsageError
from ops.sessions.plugin import find_plugin, invocation
from ops.tasks.signals import ending_signals, left_to_the_child

ATTEMPTS = 5
PAUSE_SECONDS = 2
"""The agent says that it runs a moment before sessions reach it."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A running container."""

    cluster: str
    task: str
    """ARN or id."""
    container: str
    runtime_id: str

    @property
    def target(self) -> str:
        """Session Manager's name of the container."""
        return f"ecs:{self.cluster.rpartition('/')[2]}_{self.task.rpartition('/')[2]}_{self.runtime_id}"


def terminal_plugin(instead: str) -> str:
    """The plugin, if there is a terminal for it. Raises UsageError; `instead` says what works without one."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"This needs a terminal, and standard input or output is none. {instead}")
    return find_plugin()


def execute(session: boto3.Session, place: Place, command: str, plugin: str) -> None:
    """Run the command until it ends or the operator leaves. AWS tells no exit code.

    Raises ClientError when ECS does not start it.
    """
    joined, environment = invocation(plugin, session, _start(session, place, command), place.target)
    with ending_signals(), left_to_the_child():
        subprocess.call(joined, env=environment)


def _start(session: boto3.Session, place: Place, command: str) -> dict[str, str]:
    ecs = session.client("ecs")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = ecs.execute_command(
                cluster=place.cluster, task=place.task, container=place.container, interactive=True, command=command
            )
        except ecs.exceptions.TargetNotConnectedException:
            if attempt == ATTEMPTS:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            found = answer["session"]
            return {"SessionId": found["sessionId"], "StreamUrl": found["streamUrl"], "TokenValue": found["tokenValue"]}
    raise AssertionError
