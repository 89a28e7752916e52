"""Where a shell opens: a running container of the site or of a process, in which ECS Exec works."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from infra.release.reporting import short
from ops.errors import OpsError, UsageError
from ops.sessions.terminal import Place
from ops.stack import Stack
from ops.tasks.task import NO_LIMITS, agent_runs

SHELL = "command -v bash >/dev/null && exec bash; exec sh"


def shell_command() -> str:
    """The command of ECS Exec, which starts it without a shell: bash if there is one, without a request's limits."""
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in NO_LIMITS.items())
    return shlex.join(["/bin/sh", "-c", f"export {exports}; {SHELL}"])


def find_place(stack: Stack, *, process: str | None, task: str | None, container: str | None) -> Place:
    """A running container: of this task, else of any task of the process or of the site.

    Raises UsageError for a name that does not exist, OpsError when nothing runs in which ECS Exec works.
    """
    release = stack.history()[-1]
    if process and process not in release.process_services:
        has = f"It has {', '.join(release.process_services)}" if release.process_services else "It has none"
        raise UsageError(f"--process {process}: the stack has no such process. {has}; without --process: web.")
    service = release.process_services[process] if process else release.service
    wanted = container or process or "web"
    found = list(_tasks(stack.session.client("ecs"), release.cluster, service, task))
    places = [place for one in found for place in _places(release.cluster, one, wanted)]
    if places:
        return places[0]
    if not found:
        raise OpsError(
            f"No task of service {service} runs{f' with the id {task}' if task else ''}. `python -m ops status` lists "
            "them; `python -m ops run --interactive -- sh` starts one for you."
        )
    names = sorted({one["name"] for task_found in found for one in task_found["containers"]})
    if wanted not in names:
        raise UsageError(f"--container {wanted}: the tasks have {', '.join(names)}.")
    raise OpsError(
        f"ECS Exec runs in no task of service {service}: its agent starts half a minute after the task. If it stays "
        "so, the tasks do not reach the endpoint ssmmessages."
    )


def _tasks(ecs: Any, cluster: str, service: str, task: str | None) -> Iterator[Mapping[str, Any]]:
    arns = ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="RUNNING")["taskArns"]
    chosen = [arn for arn in arns if task is None or short(arn).startswith(task)]
    if chosen:
        yield from ecs.describe_tasks(cluster=cluster, tasks=chosen)["tasks"]


def _places(cluster: str, task: Mapping[str, Any], wanted: str) -> Iterator[Place]:
    for container in task["containers"]:
        if container["name"] == wanted and agent_runs(container):
            yield Place(cluster=cluster, task=task["taskArn"], container=wanted, runtime_id=str(container["runtimeId"]))
