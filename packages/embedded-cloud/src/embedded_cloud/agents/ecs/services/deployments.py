"""Deployments of a service in moto: task counts, circuit breaker, rollback, completion.

Rules: docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html.
"""

import math
from datetime import UTC, datetime
from typing import Any

from embedded_cloud.agents.ecs.services import events as service_events
from embedded_cloud.agents.ecs.tasks.records import LEAVING

FAILED_TO_START = "tasks failed to start."
FAILED_SHOWN_SECONDS = 20.0
"""How long a failed deployment without tasks is still described, so that a waiting client reads the reason."""
BREAKER_LEAST, BREAKER_MOST = 3, 200
"""Bounds of the circuit breaker's threshold."""
BACKOFF_FIRST_SECONDS, BACKOFF_MOST_SECONDS = 1.0, 60.0
"""Bounds of the wait before the next launch after failures. ECS's own grows to 15 minutes."""
Deployment = dict[str, Any]


def has_health_checks(backend: Any, task: Any) -> bool:
    """Return whether an essential container of the task has a health check."""
    definition = backend.describe_task_definition(task.task_definition_arn)
    return any(part.get("healthCheck") and part.get("essential", True) for part in definition.container_definitions)


def has_failed(task: Any) -> bool:
    """Return whether a task failed: it stopped by itself, or because of its health checks."""
    if task.desired_status != "STOPPED":
        return False
    code, reason = getattr(task, "stop_code", ""), task.stopped_reason
    return code in ("TaskFailedToStart", "EssentialContainerExited") or "health checks" in reason


def count(service: Any, tasks: list[Any]) -> None:
    """Record the numbers of running and pending tasks of each deployment and of the service."""
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


def breaker_threshold(desired: int) -> int:
    """Return the failures in a row that fail a deployment: half the desired tasks, at least 3, at most 200."""
    return min(max(math.ceil(desired / 2), BREAKER_LEAST), BREAKER_MOST)


def backoff_seconds(failures: int) -> float:
    """Return the wait before the next launch after that many failures in a row."""
    if failures <= 0:
        return 0.0
    return float(min(BACKOFF_FIRST_SECONDS * 2 ** (min(failures, 10) - 1), BACKOFF_MOST_SECONDS))


def apply_circuit_breaker(service: Any) -> None:
    """Fail the primary deployment when its failures reach the threshold, and roll back if so configured."""
    primary = service.deployments[0]
    breaker = (getattr(service, "deployment_configuration", None) or {}).get("deploymentCircuitBreaker") or {}
    if primary["rolloutState"] != "IN_PROGRESS" or not breaker.get("enable"):
        return
    if primary["failedTasks"] < breaker_threshold(service.desired_count):
        return
    _write(primary, rolloutState="FAILED", rolloutStateReason=f"ECS deployment circuit breaker: {FAILED_TO_START}")
    service_events.failed(service, primary, FAILED_TO_START)
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
    service_events.rolling_back(service, last)


def complete(service: Any, tasks: list[Any], healthy: set[str]) -> bool:
    """Complete the primary deployment once all tasks are its own and healthy, and drop deployments without tasks.

    Return whether anything changed.
    """
    primary = service.deployments[0]
    left = {task.started_by for task in tasks if task.last_status != "STOPPED"}
    in_progress = primary["rolloutState"] == "IN_PROGRESS"
    completed = in_progress and len(healthy) == service.desired_count and left <= {primary["id"]}
    if completed:
        _write(primary, rolloutState="COMPLETED", rolloutStateReason=f"ECS deployment {primary['id']} completed.")
        service_events.completed(service, primary)
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
