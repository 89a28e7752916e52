"""Deployments of a service in moto: counted, judged by the circuit breaker, rolled back, completed."""

from datetime import UTC, datetime
from typing import Any

from local.cloud import ecs_events
from local.cloud.ecs_rollout import breaker_threshold
from local.cloud.ecs_state import LEAVING

FAILED_TO_START = "tasks failed to start."
FAILED_SHOWN_SECONDS = 20.0
"""How long a failed deployment without tasks is still described, so that whoever waits for it reads why."""
Deployment = dict[str, Any]


def has_health_checks(backend: Any, task: Any) -> bool:
    """Whether an essential container of the task has a health check."""
    definition = backend.describe_task_definition(task.task_definition_arn)
    return any(part.get("healthCheck") and part.get("essential", True) for part in definition.container_definitions)


def has_failed(task: Any) -> bool:
    """Whether a task ended by its own fault: nobody asked it to, or its health checks failed."""
    if task.desired_status != "STOPPED":
        return False
    code, reason = getattr(task, "stop_code", ""), task.stopped_reason
    return code in ("TaskFailedToStart", "EssentialContainerExited") or "health checks" in reason


def count(service: Any, tasks: list[Any]) -> None:
    """Write the running and pending tasks of each deployment and of the service."""
    for deployment in service.deployments:
        mine = [task for task in tasks if task.started_by == deployment["id"]]
        running = sum(task.last_status == "RUNNING" for task in mine)
        pending = sum(task.last_status not in ("RUNNING", *LEAVING) for task in mine)
        wanted = sum(task.desired_status == "RUNNING" for task in mine)
        is_primary = deployment["status"] == "PRIMARY"
        _write(
            deployment,
            runningCount=running,
            pendingCount=pending,
            desiredCount=service.desired_count if is_primary else wanted,
        )
    service.running_count = sum(task.last_status == "RUNNING" for task in tasks)
    service.pending_count = sum(task.last_status not in ("RUNNING", *LEAVING) for task in tasks)


def judge(service: Any) -> None:
    """Let the circuit breaker fail the primary deployment, and roll back if it may."""
    primary = service.deployments[0]
    breaker = (getattr(service, "deployment_configuration", None) or {}).get("deploymentCircuitBreaker") or {}
    if primary["rolloutState"] != "IN_PROGRESS" or not breaker.get("enable"):
        return
    if primary["failedTasks"] < breaker_threshold(service.desired_count):
        return
    _write(
        primary,
        rolloutState="FAILED",
        rolloutStateReason=f"ECS deployment circuit breaker: {FAILED_TO_START}",
    )
    ecs_events.failed(service, primary, FAILED_TO_START)
    last = next((one for one in service.deployments[1:] if one["rolloutState"] == "COMPLETED"), None)
    if breaker.get("rollback") and last is not None:
        _roll_back(service, last)


def _roll_back(service: Any, last: Deployment) -> None:
    for deployment in service.deployments:
        deployment["status"] = "ACTIVE"
    _write(
        last,
        status="PRIMARY",
        failedTasks=0,
        rolloutState="IN_PROGRESS",
        rolloutStateReason=f"ECS deployment circuit breaker: rolling back to deploymentId {last['id']}.",
    )
    service.deployments.remove(last)
    service.deployments.insert(0, last)
    service.task_definition = last["taskDefinition"]
    service.network_configuration = last.get("networkConfiguration") or service.network_configuration
    ecs_events.rolling_back(service, last)


def settle(service: Any, tasks: list[Any], healthy: set[str]) -> bool:
    """Complete the primary deployment once only it is left, and forget deployments without tasks. True on a change."""
    primary = service.deployments[0]
    left = {task.started_by for task in tasks if task.last_status != "STOPPED"}
    in_progress = primary["rolloutState"] == "IN_PROGRESS"
    completed = in_progress and len(healthy) == service.desired_count and left <= {primary["id"]}
    if completed:
        _write(primary, rolloutState="COMPLETED", rolloutStateReason=f"ECS deployment {primary['id']} completed.")
        ecs_events.completed(service, primary)
    kept = [
        deployment
        for deployment in service.deployments
        if deployment is primary
        or deployment["id"] in left
        or _may_be_rolled_back_to(deployment, primary)
        or _has_just_failed(deployment)
    ]
    changed = completed or len(kept) != len(service.deployments)
    service.deployments[:] = kept
    return changed


def _may_be_rolled_back_to(deployment: Deployment, primary: Deployment) -> bool:
    return bool(primary["rolloutState"] == "IN_PROGRESS" and deployment["rolloutState"] == "COMPLETED")


def _has_just_failed(deployment: Deployment) -> bool:
    age = datetime.now(UTC) - deployment["updatedAt"]
    return bool(deployment["rolloutState"] == "FAILED" and age.total_seconds() < FAILED_SHOWN_SECONDS)


def _write(deployment: Deployment, **values: Any) -> None:
    if any(deployment.get(key) != value for key, value in values.items()):
        deployment.update(values, updatedAt=datetime.now(UTC))
