"""A task in its service's load balancers: registered, watched, deregistered. Callers hold the cloud's lock."""

from collections.abc import Iterator
from typing import Any

from local.cloud.elb_targets import DRAINING, HEALTHY, UNHEALTHY, health_of, observed


def address(task: Any) -> str | None:
    """The task's IP address, as the agent noted it."""
    for container in task.containers:
        for interface in container.network_interfaces:
            return str(interface["privateIpv4Address"])
    return None


def register(elb: Any, service: Any, task: Any) -> list[str]:
    """Put the task behind every load balancer of its service; ARNs of the groups it is new in. Repeatable."""
    ip, new = address(task), []
    for group, port in _groups(elb, service):
        if ip and ip not in group.targets:
            # The address may have been another task's a moment ago.
            observed(group).pop(ip, None)
            group.register([{"Id": ip, "Port": port}])
            new.append(str(group.arn))
    return new


def deregister(elb: Any, service: Any, task: Any) -> list[str]:
    """Take the task out of every load balancer of its service; ARNs of the groups it was in. Repeatable."""
    ip, left = address(task), []
    for group, _ in _groups(elb, service):
        if ip in group.targets:
            group.deregister([{"Id": ip}])
            left.append(str(group.arn))
    return left


def has_left(elb: Any, service: Any, task: Any) -> bool:
    """Whether no load balancer has requests of the task in flight or gives it new ones."""
    ip = address(task)
    return all(ip not in group.targets and ip not in group.deregistered_targets for group, _ in _groups(elb, service))


def are_healthy(elb: Any, service: Any, task: Any) -> bool:
    """Whether all load balancers of the service find the task healthy; without any, it is."""
    return all(_state(group, task) == HEALTHY for group, _ in _groups(elb, service))


def unhealthy_group(elb: Any, service: Any, task: Any) -> tuple[str, int, str] | None:
    """ARN of a target group that finds the task unhealthy, the port it checks, and its reason."""
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
    """Seconds after which the last load balancer of the service lets a target go."""
    delays = [float(group.attributes["deregistration_delay.timeout_seconds"]) for group, _ in _groups(elb, service)]
    return max(delays, default=0.0)
