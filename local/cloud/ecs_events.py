"""A service's events, in ECS's own words, newest first."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

KEPT_EVENTS = 100
"""As many as ECS describes."""
MORE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."


def started(service: Any, tasks: Sequence[Any]) -> None:
    """Tasks were started."""
    _add(service, f"has started {len(tasks)} tasks: {_names(tasks)}.")


def stopped(service: Any, tasks: Sequence[Any]) -> None:
    """The scheduler stops tasks it no longer needs."""
    _add(service, f"has stopped {len(tasks)} running tasks: {_names(tasks)}.")


def unhealthy_container(service: Any, task: Any) -> None:
    """A task is stopped because of its containers' health."""
    _add(service, f"(task {task.id}) failed container health checks.")


def unhealthy_target(service: Any, task: Any, target_group_arn: str, port: int, reason: str) -> None:
    """A task is stopped because of the load balancer's health checks."""
    _add(
        service,
        f"(task {task.id}) (port {port}) is unhealthy in (target-group {target_group_arn}) due to (reason {reason}).",
    )


def registered(service: Any, target_group_arn: str) -> None:
    """A task has become a target."""
    _add(service, f"registered 1 targets in (target-group {target_group_arn})")


def deregistered(service: Any, target_group_arns: Sequence[str]) -> None:
    """A task gets no new requests, and time for those it has."""
    for arn in target_group_arns:
        _add(service, f"deregistered 1 targets in (target-group {arn})")
    if target_group_arns:
        _add(service, "has begun draining connections on 1 tasks.")


def unplaced(service: Any, reason: str) -> None:
    """There is no room for a task."""
    _add(service, f"was unable to place a task. Reason: {reason}. {MORE}")


def failing(service: Any) -> None:
    """Tasks fail one after the other; the next ones are started ever later."""
    _add(service, f"is unable to consistently start tasks successfully. {MORE}")


def failed(service: Any, deployment: dict[str, Any], reason: str) -> None:
    """The circuit breaker failed a deployment."""
    _add(service, f"(deployment {deployment['id']}) deployment failed: {reason}")


def rolling_back(service: Any, deployment: dict[str, Any]) -> None:
    """The last completed deployment takes over again."""
    _add(service, f"rolling back to deployment {deployment['id']}.")


def completed(service: Any, deployment: dict[str, Any]) -> None:
    """Only this deployment's tasks are left, and enough of them."""
    _add(service, f"(deployment {deployment['id']}) deployment completed.")
    _add(service, "has reached a steady state.")


def _add(service: Any, what: str) -> None:
    event = {
        "id": str(uuid.uuid4()),
        "createdAt": datetime.now(UTC),
        "message": f"(service {service.name}) {what}",
    }
    service.events.insert(0, event)
    del service.events[KEPT_EVENTS:]


def _names(tasks: Sequence[Any]) -> str:
    return " ".join(f"(task {task.id})" for task in tasks)
