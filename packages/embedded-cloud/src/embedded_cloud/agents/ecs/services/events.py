"""Events of a service in ECS's own text, newest first."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

KEPT_EVENTS = 100
"""Number of events that ECS describes."""
MORE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."


def started(service: Any, tasks: Sequence[Any]) -> None:
    _add(service, f"has started {len(tasks)} tasks: {_names(tasks)}.")


def stopped(service: Any, tasks: Sequence[Any]) -> None:
    """Report tasks that the scheduler stops because they are surplus."""
    _add(service, f"has stopped {len(tasks)} running tasks: {_names(tasks)}.")


def unhealthy_container(service: Any, task: Any) -> None:
    _add(service, f"(task {task.id}) failed container health checks.")


def unhealthy_target(service: Any, task: Any, target_group_arn: str, port: int, reason: str) -> None:
    """Report a task that is stopped because of the load balancer's health checks."""
    _add(
        service,
        f"(task {task.id}) (port {port}) is unhealthy in (target-group {target_group_arn}) due to (reason {reason}).",
    )


def registered(service: Any, target_group_arn: str) -> None:
    _add(service, f"registered 1 targets in (target-group {target_group_arn})")


def deregistered(service: Any, target_group_arns: Sequence[str]) -> None:
    for arn in target_group_arns:
        _add(service, f"deregistered 1 targets in (target-group {arn})")
    if target_group_arns:
        _add(service, "has begun draining connections on 1 tasks.")


def unplaced(service: Any, reason: str) -> None:
    _add(service, f"was unable to place a task. Reason: {reason}. {MORE}")


def failing(service: Any) -> None:
    """Report repeated failures, after which ECS waits longer between launches."""
    _add(service, f"is unable to consistently start tasks successfully. {MORE}")


def failed(service: Any, deployment: dict[str, Any], reason: str) -> None:
    _add(service, f"(deployment {deployment['id']}) deployment failed: {reason}")


def rolling_back(service: Any, deployment: dict[str, Any]) -> None:
    _add(service, f"rolling back to deployment {deployment['id']}.")


def completed(service: Any, deployment: dict[str, Any]) -> None:
    """Report that all tasks belong to this deployment and the desired count is reached."""
    _add(service, f"(deployment {deployment['id']}) deployment completed.")
    _add(service, "has reached a steady state.")


def _add(service: Any, what: str) -> None:
    event = {"id": str(uuid.uuid4()), "createdAt": datetime.now(UTC), "message": f"(service {service.name}) {what}"}
    service.events.insert(0, event)
    del service.events[KEPT_EVENTS:]


def _names(tasks: Sequence[Any]) -> str:
    return " ".join(f"(task {task.id})" for task in tasks)
