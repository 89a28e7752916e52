"""Start a one-off task of the release that serves, follow it, stop it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from infra.release.migration import one_off_task
from infra.release.migration.one_off_task import OneOffTask, TaskFailed
from infra.release.record import COMMAND, ReleaseRecord
from infra.release.reporting import Reporter, short
from infra.release.rollout import stopped_task
from ops.ecs.description import describe_service
from ops.errors import Interrupted, OpsError, UsageError
from ops.stack import Stack
from ops.tasks.signals import ending_signals

STARTED_BY = "ops"
POLL_SECONDS = 1
START_SECONDS = 300
"""Longest time from RunTask until the agent of ECS Exec runs: Fargate has to find capacity and pull the image."""
NO_LIMITS = {"PGOPTIONS": "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0"}
"""The limits of a request are none of a person's command."""


class CommandTask:
    """A task that was started."""

    def __init__(self, stack: Stack, task: OneOffTask) -> None:
        """Start it. Raises TaskFailed."""
        self._session, self._task = stack.session, task
        self._ecs: Any = stack.session.client("ecs")
        self.arn = one_off_task.start(self._ecs, task)
        self.cluster, self.container = task.cluster, task.container

    @property
    def name(self) -> str:
        """Its id."""
        return short(self.arn)

    def describe(self) -> dict[str, Any]:
        """The task as ECS describes it; empty while ECS does not know it yet."""
        found: list[dict[str, Any]] = self._ecs.describe_tasks(cluster=self.cluster, tasks=[self.arn])["tasks"]
        return found[0] if found else {}

    def wait_for_exec(self) -> str:
        """Wait until ECS Exec works in the container, and return its runtime id. Raises OpsError when it does not."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = self.describe()
            if found.get("lastStatus") == "STOPPED":
                raise OpsError(f"Task {self.name} stopped before it could be used: {self.problem(found)}")
            for container in found.get("containers", []):
                if container["name"] == self.container and agent_runs(container):
                    return str(container["runtimeId"])
            time.sleep(POLL_SECONDS)
        raise OpsError(
            f"ECS Exec did not start in task {self.name} within {START_SECONDS} s. Its agent needs the endpoint "
            "ssmmessages and the task role's permissions for it."
        )

    def exit_code(self, found: Mapping[str, Any]) -> int | None:
        """The exit code of the container's command; None while it runs. Raises TaskFailed when it never ran."""
        container: Mapping[str, Any] = next(
            (one for one in found.get("containers", []) if one["name"] == self.container), {}
        )
        # The task itself is STOPPED half a minute later, when Fargate has removed its network.
        if container.get("exitCode") is not None:
            return int(container["exitCode"])
        if found.get("lastStatus") == "STOPPED":
            raise TaskFailed(f"Task {self.name} failed: {self.problem(found)}")
        return None

    def stop(self, reason: str) -> None:
        """Ask ECS to stop it: SIGTERM, and SIGKILL after the definition's stop timeout."""
        self._ecs.stop_task(cluster=self.cluster, task=self.arn, reason=reason)

    def problem(self, found: Mapping[str, Any]) -> str:
        """Why a task stopped, with the last lines of its log."""
        why = stopped_task.problem(found) or str(found.get("stoppedReason", "ECS gives no reason"))
        lines = stopped_task.last_log_lines(self._session, self._task.task_definition, found)
        return "\n".join([why, *(f"  {line}" for line in lines)])


def agent_runs(container: Mapping[str, Any]) -> bool:
    """Whether ECS Exec works in a container, as DescribeTasks describes it."""
    agents = container.get("managedAgents", [])
    return any(one["name"] == "ExecuteCommandAgent" and one.get("lastStatus") == "RUNNING" for one in agents)


def command_task(stack: Stack, command: Sequence[str], process: str | None = None, *, what: str) -> OneOffTask:
    """The task that runs the command in the network of the site, with a process's size or web's.

    Raises UsageError for an unknown process, OpsError for a release without the task definition.
    """
    release = stack.history()[-1]
    service = describe_service(stack.session, release, tasks=False)
    kind = process or COMMAND
    task = OneOffTask.in_network(release.cluster, _definition(release, kind), service.network["awsvpcConfiguration"])
    return replace(
        task, container=kind, command=tuple(command), environment=NO_LIMITS, started_by=STARTED_BY, what=what
    )


def _definition(release: ReleaseRecord, kind: str) -> str:
    known = release.process_task_definitions
    if kind in known:
        return known[kind]
    if kind == COMMAND:
        raise OpsError(
            f"Release {release.number} has no task definition for commands: it was deployed by an earlier version of "
            "the program. Run `pulumi up`, which declares it."
        )
    has = f"It has {', '.join(release.processes)}" if release.processes else "It has no processes"
    raise UsageError(f"--process {kind}: release {release.number} does not run it. {has}; without --process: web.")


@contextmanager
def started(stack: Stack, task: OneOffTask, report: Reporter) -> Iterator[CommandTask]:
    """A task that is stopped at the end, whatever happens here. Raises Interrupted after Ctrl-C."""
    with ending_signals():
        running = CommandTask(stack, task)
        try:
            report(f"Task {running.name} starts for {task.what}.")
            yield running
        except KeyboardInterrupt:
            raise Interrupted(f"Interrupted. Task {running.name} is told to stop.") from None
        finally:
            running.stop(f"{task.what} is over")
