"""Wait for an ECS service to reach a steady state, and explain a failed deployment."""

from collections.abc import Mapping
from typing import Any

from embedded_cloud.providers.call import Call
from embedded_cloud.providers.failures import OperationError

STEADY_SECONDS = 20 * 60
"""pulumi-aws's default `create` and `update` timeouts for a service."""
POLL_SECONDS = 1.0
EVENTS_SHOWN = 5
TASKS_SHOWN = 3


class RolloutError(OperationError):
    """The service does not run its task definition; the message has the reason and the last events."""


def wait_until_steady(call: Call, cluster: str, service: str, task_definition: str) -> None:
    """Return when the PRIMARY deployment runs `task_definition` and is COMPLETED.

    Raises RolloutError when it failed, was rolled back, replaced or deleted, or takes too long.
    """
    ecs = call.aws("ecs")
    progress = ""

    def steady() -> bool:
        nonlocal progress
        described = describe(ecs, cluster, service)
        primary = primary_deployment(described)
        now = f"{primary.get('runningCount', 0)} of {primary.get('desiredCount', 0)} tasks of the new release run"
        if now != progress:
            call.log(now)
            progress = now
        return _is_steady(ecs, described, primary, cluster, task_definition)

    try:
        call.wait_for(steady, "steady state", seconds=STEADY_SECONDS, every=POLL_SECONDS)
    except TimeoutError:
        seconds = call.timeout or STEADY_SECONDS
        text = f"is not steady after {seconds:.0f} s: {progress}"
        raise RolloutError(_explained(ecs, describe(ecs, cluster, service), cluster, text, task_definition)) from None


def describe(ecs: Any, cluster: str, service: str) -> Mapping[str, Any]:
    """Describe one service. Raises RolloutError when it does not exist."""
    services = ecs.describe_services(cluster=cluster, services=[service], include=["TAGS"])["services"]
    if not services or services[0]["status"] == "INACTIVE":
        raise RolloutError(f"service {service} does not exist in cluster {cluster}")
    return dict(services[0])


def primary_deployment(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """The service's PRIMARY deployment; empty when it has none."""
    deployments = described.get("deployments", [])
    return next((one for one in deployments if one.get("status") == "PRIMARY"), {})


def _is_steady(
    ecs: Any, described: Mapping[str, Any], primary: Mapping[str, Any], cluster: str, task_definition: str
) -> bool:
    running, state = primary.get("taskDefinition"), primary.get("rolloutState")
    if running and running != task_definition:
        reason = _failed_reason(described, task_definition)
        text = f"was rolled back to {_short(running)}: {_short(task_definition)} did not become healthy. {reason}"
        raise RolloutError(_explained(ecs, described, cluster, text.strip(), task_definition))
    if state == "FAILED":
        text = f"failed to roll out {_short(task_definition)}. {primary.get('rolloutStateReason', '')}"
        raise RolloutError(_explained(ecs, described, cluster, text.strip(), task_definition))
    return bool(running) and state == "COMPLETED"


def _failed_reason(described: Mapping[str, Any], task_definition: str) -> str:
    for deployment in described.get("deployments", []):
        if deployment.get("taskDefinition") == task_definition and deployment.get("rolloutStateReason"):
            return str(deployment["rolloutStateReason"])
    return ""


def _explained(ecs: Any, described: Mapping[str, Any], cluster: str, what: str, task_definition: str) -> str:
    name = described["serviceName"]
    lines = [f"service {name} {what}", *_stopped_tasks(ecs, cluster, name, task_definition)]
    events = [f"  event: {event['message']}" for event in described.get("events", [])[:EVENTS_SHOWN]]
    return "\n".join(lines + events)


def _stopped_tasks(ecs: Any, cluster: str, service: str, task_definition: str) -> list[str]:
    arns = ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="STOPPED")["taskArns"]
    if not arns:
        return []
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns[-100:])["tasks"]
    mine = [task for task in tasks if task.get("taskDefinitionArn") == task_definition][-TASKS_SHOWN:]
    return [_stopped_task(task) for task in mine]


def _stopped_task(task: Mapping[str, Any]) -> str:
    containers = [
        f"{one['name']} exit code {one['exitCode']}{f' ({why})' if (why := one.get('reason')) else ''}"
        for one in task.get("containers", [])
        if one.get("exitCode")
    ]
    reason = "; ".join([str(task.get("stoppedReason") or "no reason given"), *containers])
    return f"  task {_short(task['taskArn'])} stopped: {reason}"


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
