"""Why a release does not serve: what ECS and the load balancer say of its tasks, sorted into causes with their fix."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release import stopped_task

TASKS_SHOWN = 3
SETTLE_SECONDS = 30
"""Deregistration and stop timeout take 20 s."""
POLL_SECONDS = 2
LEAVING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING")
EVENTS_SHOWN = 3


@dataclass(frozen=True)
class Cause:
    """One kind of failure."""

    name: str
    fix: str


IMAGE = Cause(
    "the image cannot be pulled",
    "look whether the digest is in its repository (`aws ecr describe-images`), was built for the tasks' architecture, "
    "and whether tasks reach ECR (preqly:egress)",
)
SECRET = Cause(
    "a secret, log group or permission is out of reach",
    "look at the execution role (infra/policies.py), at the keys of the secret, at the state of its KMS key and at the "
    "tasks' way to AWS (preqly:egress)",
)
CAPACITY = Cause(
    "AWS has no capacity",
    "nothing is wrong with the release: run `pulumi up` again in some minutes; if it stays, change preqly:architecture "
    "or ask AWS to raise the account's Fargate quota",
)
MEMORY = Cause("the container ran out of memory", "raise preqly:taskMemory, or find what in the release needs it")
UNHEALTHY = Cause(
    "it starts, but never gets healthy",
    "look at the health answers and the log lines: /healthz must answer 200 through proxy and application; a slow "
    "start needs more CPU (preqly:taskCpu)",
)
CRASH = Cause("it crashes", "the log lines say where; mend it and run `pulumi up` again")
UNKNOWN = Cause("unknown", "read the events of the service in the ECS console")

# The words are ECS's: docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
_WORDS = (
    (IMAGE, re.compile(r"CannotPull")),
    (SECRET, re.compile(r"ResourceInitializationError|AccessDenied|unable to assume")),
    (CAPACITY, re.compile(r"[Cc]apacity is unavailable|unable to place a task|RESOURCE:")),
    (MEMORY, re.compile(r"OutOfMemory")),
    (UNHEALTHY, re.compile(r"health checks")),
    (CRASH, re.compile(r"Essential container in task exited|CannotStartContainer|CannotCreateContainer")),
)


def cause_of(words: str) -> Cause:
    """The cause that ECS's own words stand for."""
    return next((cause for cause, pattern in _WORDS if pattern.search(words)), UNKNOWN)


def explain(session: boto3.Session, cluster: str, service: Mapping[str, Any], task_definition: str) -> list[str]:
    """Cause, what became of the release's tasks, log lines, events and fix: a line each."""
    ecs: Any = session.client("ecs")
    events = [str(event["message"]) for event in service.get("events", [])]
    tasks = _settled(ecs, cluster, service["serviceName"], task_definition)
    health = _target_health(session, service)
    cause = next((found for task in tasks if (found := cause_of(_words(task))) != UNKNOWN), UNKNOWN)
    shown = events[:EVENTS_SHOWN]
    if cause == UNKNOWN and (told_by := _telling(ecs, service, task_definition)):
        cause = cause_of(told_by)
        shown = shown if told_by in shown else [*shown[:-1], told_by]
    lines = [f"cause: {cause.name}"]
    told: list[str] = []
    for task in tasks[:TASKS_SHOWN]:
        lines += [_task(task), *(f"  {line}" for line in _health(task, health, events))]
        logged = stopped_task.last_log_lines(session, task_definition, task)
        lines += _log(logged, told)
        told = logged or told
    if not tasks:
        lines.append("ECS knows no task of this release; it forgets stopped ones after an hour")
    return [*lines, *(f"event: {event}" for event in shown), f"fix: {cause.fix}"]


def _telling(ecs: Any, service: Mapping[str, Any], task_definition: str) -> str | None:
    """The newest event since the release began that stands for a cause: later ones may say "steady state"."""
    since = _begun(ecs, service, task_definition)
    messages = (str(event["message"]) for event in service.get("events", []) if event["createdAt"] >= since)
    return next((message for message in messages if cause_of(message) != UNKNOWN), None)


def _begun(ecs: Any, service: Mapping[str, Any], task_definition: str) -> datetime:
    begun: list[datetime] = [
        one["createdAt"] for one in service["deployments"] if one["taskDefinition"] == task_definition
    ]
    if not begun:
        # ECS took the deployment back, and it has left the service; it was not before what it runs.
        found = ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
        begun = [found["registeredAt"]]
    return max(begun)


def _settled(ecs: Any, cluster: str, service: str, task_definition: str) -> list[dict[str, Any]]:
    """The release's tasks, once one has stopped if any is about to: only then it has exit codes."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        tasks = _tasks(ecs, cluster, service, task_definition)
        ended = any(task["lastStatus"] == "STOPPED" for task in tasks)
        leaving = any(task["lastStatus"] in LEAVING for task in tasks)
        if ended or not leaving or time.monotonic() > deadline:
            return tasks
        time.sleep(POLL_SECONDS)


def _tasks(ecs: Any, cluster: str, service: str, task_definition: str) -> list[dict[str, Any]]:
    """Those of this release, the one that stopped last first; ECS remembers stopped tasks for an hour."""
    arns = [
        arn
        for status in ("STOPPED", "RUNNING")
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, serviceName=service, desiredStatus=status)
        for arn in page["taskArns"]
    ]
    # DescribeTasks takes 100 at most.
    described = ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"] if arns else []
    ours = [task for task in described if task["taskDefinitionArn"] == task_definition]
    stopped = [task for task in ours if task.get("stoppedAt")]
    living = [task for task in ours if not task.get("stoppedAt")]
    return [*sorted(stopped, key=lambda task: task["stoppedAt"], reverse=True), *living]


def _words(task: Mapping[str, Any]) -> str:
    reasons = [task.get("stoppedReason"), *(one.get("reason") for one in task.get("containers", []))]
    return " ".join(str(reason) for reason in reasons if reason)


def _task(task: Mapping[str, Any]) -> str:
    name = short(task["taskArn"])
    if task.get("lastStatus") == "STOPPED":
        return f"task {name}: {stopped_task.problem(task) or task.get('stoppedReason')}"
    # One on its way out may not have an exit code yet, but it has a reason.
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
    """That of the task's network interface, which its containers share; empty once it is gone."""
    interfaces = (one for container in task.get("containers", []) for one in container.get("networkInterfaces", []))
    return str(next((one["privateIpv4Address"] for one in interfaces), ""))


def _target_health(session: boto3.Session, service: Mapping[str, Any]) -> dict[str, str]:
    """Address to what the load balancer says of it; empty when it cannot be asked."""
    elb: Any = session.client("elbv2")
    found: dict[str, str] = {}
    for balancer in service.get("loadBalancers", []):
        try:
            answer = elb.describe_target_health(TargetGroupArn=balancer["targetGroupArn"])
        except (ClientError, KeyError):
            continue
        for target in answer["TargetHealthDescriptions"]:
            health = target["TargetHealth"]
            words = (health["State"], health.get("Reason"), health.get("Description"))
            found[target["Target"]["Id"]] = ", ".join(word for word in words if word)
    return found


def _log(logged: Sequence[str], told: Sequence[str]) -> list[str]:
    if not logged:
        return ["  it left no log lines"]
    if list(logged) == list(told):
        return ["  the same log lines"]
    return ["  last log lines:", *(f"    {line}" for line in logged)]


def short(arn: str) -> str:
    """The last part of an ARN: the name that people know."""
    return arn.rpartition("/")[2]
