"""Change the number of tasks of a service, or replace its tasks."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError, Reporter
from infra.release.rollout.deployment import (
    POLL_SECONDS,
    ExpectedDeployment,
    causes,
    primary_deployment,
    wait_for_rollout,
)
from ops.ecs.description import describe_service
from ops.errors import OpsError, Refused, UsageError
from ops.stack import Stack

WEB = "web"
SETTLE_SECONDS = 600
"""For Fargate to start the tasks: minutes, unless there is no capacity."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How many tasks the settings allow."""

    smallest: int
    largest: int


def services(release: ReleaseRecord) -> dict[str, str]:
    """The ECS services of a release by process: `web`, and those of hosting.toml."""
    return {WEB: release.service, **{name: release.process_services[name] for name in release.processes}}


def of_process(release: ReleaseRecord, process: str) -> ReleaseRecord:
    """The release, with the service of the process in place of web's. Raises UsageError for a process it lacks."""
    known = services(release)
    if process not in known:
        raise UsageError(f"Release {release.number} has no process {process}. It has {', '.join(known)}.")
    return replace(release, service=known[process])


def scale(stack: Stack, process: str, tasks: int, report: Reporter) -> int:
    """Set the number of tasks, wait until they run, and return the number before.

    `pulumi up` keeps the number; automatic scaling changes it again within its bounds, as load asks for. Raises
    Refused outside of the settings' bounds or during a rollout, OpsError when the tasks do not start.
    """
    release = of_process(stack.history()[-1], process)
    bounds = _bounds(stack, release)
    if not bounds.smallest <= tasks <= bounds.largest:
        raise Refused(
            f"The settings allow {bounds.smallest} to {bounds.largest} tasks of {process}. Nothing was touched. "
            + _setting(process, tasks, bounds)
        )
    before = describe_service(stack.session, release, tasks=False)
    _refuse_rollout(before.in_progress, process)
    ecs: Any = stack.session.client("ecs")
    ecs.update_service(cluster=release.cluster, service=release.service, desiredCount=tasks)
    _wait(stack, release, tasks, report)
    return before.desired


def restart(stack: Stack, process: str, report: Reporter) -> None:
    """Replace every task by a new one with current secrets; the old ones serve until the new ones are healthy.

    Raises Refused during a rollout, ReleaseError when the new tasks fail: the old ones stay.
    """
    release = of_process(stack.history()[-1], process)
    service = describe_service(stack.session, release, tasks=False)
    _refuse_rollout(service.in_progress, process)
    ecs: Any = stack.session.client("ecs")
    updated = ecs.update_service(cluster=release.cluster, service=release.service, forceNewDeployment=True)["service"]
    expected = ExpectedDeployment(
        cluster=release.cluster, service=release.service, task_definition=service.primary.task_definition
    )
    found = wait_for_rollout(stack.session, expected, report)
    # After a rollback the same task definition runs, in the deployment before.
    if primary_deployment(found)["id"] != primary_deployment(updated)["id"]:
        lines = [
            f"The new tasks of {process} do not run. ECS has rolled the restart back, and the earlier tasks stay.",
            *causes(stack.session, expected, found),
            "Remove the cause, then run `python -m ops restart` again.",
        ]
        raise ReleaseError("\n".join(lines))


def _bounds(stack: Stack, release: ReleaseRecord) -> Bounds:
    client: Any = stack.session.client("application-autoscaling")
    name = f"service/{release.cluster.rpartition('/')[2]}/{release.service}"
    found: list[Mapping[str, Any]] = client.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[name])[
        "ScalableTargets"
    ]
    if not found:
        desired = describe_service(stack.session, release, tasks=False).desired
        return Bounds(smallest=desired, largest=desired)
    return Bounds(smallest=found[0]["MinCapacity"], largest=found[0]["MaxCapacity"])


def _setting(process: str, tasks: int, bounds: Bounds) -> str:
    key = "minTasks" if tasks < bounds.smallest else "maxTasks"
    path = key if process == WEB else f"--path processes.{process}.{key}"
    return f"Other bounds: `pulumi config set {path} {tasks}`, then `pulumi up`."


def _refuse_rollout(in_progress: bool, process: str) -> None:
    if in_progress:
        raise Refused(f"A rollout of {process} is in progress. Run this again when `python -m ops status` shows none.")


def _wait(stack: Stack, release: ReleaseRecord, tasks: int, report: Reporter) -> None:
    deadline, reported = time.monotonic() + SETTLE_SECONDS, -1
    while (running := describe_service(stack.session, release, tasks=False).running) != tasks:
        if running != reported:
            report(f"{running} of {tasks} tasks run")
            reported = running
        if time.monotonic() > deadline:
            raise OpsError(
                f"{running} of {tasks} tasks run after {SETTLE_SECONDS} s. `python -m ops status` says why; ECS "
                "goes on trying."
            )
        time.sleep(POLL_SECONDS)
