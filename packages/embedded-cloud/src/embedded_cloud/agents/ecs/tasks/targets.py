"""A task as a target of its service's target groups. Callers hold the cloud's lock."""

from collections.abc import Iterator
from typing import Any

from embedded_cloud.agents.elb.target_health import DRAINING, HEALTHY, UNHEALTHY, health_of, observed


def address(task: Any) -> str | None:
    """Return the task's IP address, once it is recorded."""
    for container in task.containers:
        for interface in container.network_interfaces:
            return str(interface["privateIpv4Address"])
    return None


def register(elb: Any, service: Any, task: Any) -> list[str]:
    """Register the task in every target group of its service. Return the ARNs of the groups it joined. Idempotent."""
    ip, new = address(task), []
    for group, port in _groups(elb, service):
        if ip and ip not in group.targets:
            # The address may have belonged to another task.
            observed(group).pop(ip, None)
            group.register([{"Id": ip, "Port": port}])
            new.append(str(group.arn))
    return new


def deregister(elb: Any, service: Any, task: Any) -> list[str]:
    """Deregister the task from every target group. Return the ARNs of the groups it left. Idempotent."""
    ip, left = address(task), []
    for group, _ in _groups(elb, service):
        if ip in group.targets:
            group.deregister([{"Id": ip}])
            left.append(str(group.arn))
    return left


def are_drained(elb: Any, service: Any, task: Any) -> bool:
    """Return whether the task has left all target groups and has drained."""
    ip = address(task)
    return all(ip not in group.targets and ip not in group.deregistered_targets for group, _ in _groups(elb, service))


def are_healthy(elb: Any, service: Any, task: Any) -> bool:
    """Return whether the task is healthy in all target groups of its service; true without any."""
    return all(_state(group, task) == HEALTHY for group, _ in _groups(elb, service))


def unhealthy_group(elb: Any, service: Any, task: Any) -> tuple[str, int, str] | None:
    """Return the ARN, port and reason of a target group in which the task is unhealthy."""
    for group, port in _groups(elb, service):
        if _state(group, task) == UNHEALTHY:
            found = health_of(group, address(task) or "")
            return str(group.arn), port, found.description or "" if found else ""
    return None


def _state(group: Any, task: Any) -> str:
    ip = address(task)
    if ip is None or ip not in group.targets:
        return DRAINING
    found = health_of(group, ip)
    return found.state if found else ""


def _groups(elb: Any, service: Any) -> Iterator[tuple[Any, int]]:
    for entry in (service.load_balancers if service is not None else None) or ():
        group = elb.target_groups.get(entry.get("targetGroupArn"))
        if group is not None:
            yield group, entry["containerPort"]


def deregistration_delay(elb: Any, service: Any) -> float:
    """Return the longest deregistration delay of the service's target groups, in seconds."""
    delays = [float(group.attributes["deregistration_delay.timeout_seconds"]) for group, _ in _groups(elb, service)]
    return max(delays, default=0.0)
