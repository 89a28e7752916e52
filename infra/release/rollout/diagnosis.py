"""Why a release does not serve: the cause and its fix, from what ECS and the load balancer say about its tasks."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.reporting import short
from infra.release.rollout import stopped_task

TASKS_SHOWN = 3
SETTLE_SECONDS = 60
"""Deregistration delay and stop timeout (infra/ecs/server.py) are 45 s with the defaults of requestTimeoutSeconds and
stop_seconds. With longer ones, a task that is still stopping is described without its exit codes."""
POLL_SECONDS = 2
STOPPING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING")
EVENTS_SHOWN = 3


@dataclass(frozen=True)
class Cause:
    """One kind of failure."""

    name: str
    fix: str


IMAGE = Cause(
    "the image cannot be pulled",
    "check that the digest is in its repository (`aws ecr describe-images`), that it is built for the "
    "setting architecture and that tasks reach ECR (the setting egress)",
)
SECRET = Cause(
    "a secret, log group or permission is out of reach",
    "check the execution role (infra/policies.py), the keys of the secret, the state of its KMS key, and that tasks "
    "reach AWS (the setting egress)",
)
CAPACITY = Cause(
    "AWS has no capacity",
    "the release is fine: run `pulumi up` again in some minutes; if it fails again, change the setting "
    "architecture or ask AWS to raise the account's Fargate quota",
)
MEMORY = Cause(
    "the container ran out of memory",
    "raise the setting taskMemory, or the memory of the process, or find what in the release needs it",
)
UNHEALTHY = Cause(
    "it starts, but never gets healthy",
    "read the health answers and the log lines: /healthz must answer 200 through proxy and application; a slow start "
    "needs more CPU (the setting taskCpu)",
)
CRASH = Cause("it crashes", "the log lines say where; fix it and run `pulumi up` again")
UNKNOWN = Cause("unknown", "read the events of the service in the ECS console")

# ECS's own words: docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
_PATTERNS = (
    (IMAGE, re.compile(r"CannotPull")),
    (SECRET, re.compile(r"ResourceInitializationError|AccessDenied|unable to assume")),
    (CAPACITY, re.compile(r"[Cc]apacity is unavailable|unable to place a task|RESOURCE:")),
    (MEMORY, re.compile(r"OutOfMemory")),
    (UNHEALTHY, re.compile(r"health checks")),
    (CRASH, re.compile(r"Essential container in task exited|CannotStartContainer|CannotCreateContainer")),
)


def cause_of(message: str) -> Cause:
    """The cause that a message of ECS means."""
    return next((cause for cause, pattern in _PATTERNS if pattern.search(message)), UNKNOWN)


def explain(session: boto3.Session, cluster: str, service: Mapping[str, Any], task_definition: str) -> list[str]:
    """Lines with the cause, the tasks of the release, their log lines, the events of the service, and the fix."""
    ecs: Any = session.client("ecs")
    events = [str(event["message"]) for event in service.get("events", [])]
    tasks = _settled(ecs, cluster, service["serviceName"], task_definition)
    health = _target_health(session, service)
    cause = next((found for task in tasks if (found := cause_of(_reasons(task))) != UNKNOWN), UNKNOWN)
    shown = events[:EVENTS_SHOWN]
    if cause == UNKNOWN and (event := _event_with_cause(ecs, service, task_definition)):
        cause = cause_of(event)
        shown = shown if event in shown else [*shown[:-1], event]
    lines = [f"cause: {cause.name}"]
    previous: list[str] = []
    for task in tasks[:TASKS_SHOWN]:
        lines += [_task(task), *(f"  {line}" for line in _health(task, health, events))]
        logged = stopped_task.last_log_lines(session, task_definition, task)
        lines += _log(logged, previous)
        previous = logged or previous
    if not tasks:
        lines.append("ECS knows no task of this release; it forgets stopped tasks after an hour")
    return [*lines, *(f"event: {event}" for event in shown), f"fix: {cause.fix}"]


def _event_with_cause(ecs: Any, service: Mapping[str, Any], task_definition: str) -> str | None:
    """The newest event since the rollout began that names a cause; later events may say "steady state"."""
    since = _rollout_start(ecs, service, task_definition)
    messages = (str(event["message"]) for event in service.get("events", []) if event["createdAt"] >= since)
    return next((message for message in messages if cause_of(message) != UNKNOWN), None)


def _rollout_start(ecs: Any, service: Mapping[str, Any], task_definition: str) -> datetime:
    created: list[datetime] = [
        one["createdAt"] for one in service["deployments"] if one["taskDefinition"] == task_definition
    ]
    if not created:
        # ECS rolled the deployment back and removed it. It started after its task definition was registered.
        found = ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
        created = [found["registeredAt"]]
    return max(created)


def _settled(ecs: Any, cluster: str, service: str, task_definition: str) -> list[dict[str, Any]]:
    """The tasks of the release. Waits while tasks are stopping and none has stopped: only then there are exit codes."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        tasks = _tasks(ecs, cluster, service, task_definition)
        stopped = any(task["lastStatus"] == "STOPPED" for task in tasks)
        stopping = any(task["lastStatus"] in STOPPING for task in tasks)
        if stopped or not stopping or time.monotonic() > deadline:
            return tasks
        time.sleep(POLL_SECONDS)


def _tasks(ecs: Any, cluster: str, service: str, task_definition: str) -> list[dict[str, Any]]:
    """Stopped tasks of the release, newest first, then running ones. ECS forgets stopped tasks after an hour."""
    arns = [
        arn
        for status in ("STOPPED", "RUNNING")
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, serviceName=service, desiredStatus=status)
        for arn in page["taskArns"]
    ]
    # DescribeTasks takes at most 100.
    described = ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"] if arns else []
    ours = [task for task in described if task["taskDefinitionArn"] == task_definition]
    stopped = [task for task in ours if task.get("stoppedAt")]
    running = [task for task in ours if not task.get("stoppedAt")]
    return [*sorted(stopped, key=lambda task: task["stoppedAt"], reverse=True), *running]


def _reasons(task: Mapping[str, Any]) -> str:
    reasons = [task.get("stoppedReason"), *(one.get("reason") for one in task.get("containers", []))]
    return " ".join(str(reason) for reason in reasons if reason)


def _task(task: Mapping[str, Any]) -> str:
    name = short(task["taskArn"])
    if task.get("lastStatus") == "STOPPED":
        ended = f"every container ended with exit code 0: {task.get('stoppedReason')}"
        return f"task {name}: {stopped_task.problem(task) or ended}"
    # A stopping task has a reason, but may have no exit code yet.
    return f"task {name}: {task['lastStatus']}" + (f", {reason}" if (reason := task.get("stoppedReason")) else "")


def _health(task: Mapping[str, Any], targets: Mapping[str, str], events: Sequence[str]) -> Iterator[str]:
    for container in task.get("containers", []):
        if container.get("healthStatus") == "UNHEALTHY":
            yield f"container {container['name']}: its health check fails"
    address = _address(task)
    if address in targets:
        yield f"target {address}: {targets[address]}"
    name = short(task["taskArn"])
    yield from (event for event in events if f"(task {name})" in event and "unhealthy in" in event)


def _address(task: Mapping[str, Any]) -> str:
    """The address of the task's network interface, which its containers share; empty when it is detached."""
    interfaces = (one for container in task.get("containers", []) for one in container.get("networkInterfaces", []))
    return str(next((one["privateIpv4Address"] for one in interfaces), ""))


def _target_health(session: boto3.Session, service: Mapping[str, Any]) -> dict[str, str]:
    """Health of each target by its address; empty when the load balancer does not answer."""
    elb: Any = session.client("elbv2")
    found: dict[str, str] = {}
    for balancer in service.get("loadBalancers", []):
        try:
            answer = elb.describe_target_health(TargetGroupArn=balancer["targetGroupArn"])
        except (ClientError, KeyError):
            continue
        for target in answer["TargetHealthDescriptions"]:
            health = target["TargetHealth"]
            parts = (health["State"], health.get("Reason"), health.get("Description"))
            found[target["Target"]["Id"]] = ", ".join(part for part in parts if part)
    return found


def _log(logged: Sequence[str], previous: Sequence[str]) -> list[str]:
    if not logged:
        return ["  it wrote no log lines"]
    if list(logged) == list(previous):
        return ["  the same log lines"]
    return ["  last log lines:", *(f"    {line}" for line in logged)]
