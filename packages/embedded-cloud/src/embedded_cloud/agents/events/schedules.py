"""EventBridge Scheduler: starts the ECS task of each schedule that is due, retries, and gives up to a queue."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.exceptions import JsonRESTError, ServiceException

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.services import capacity as ecs_capacity
from embedded_cloud.agents.events import clock
from embedded_cloud.agents.events.permissions import Caller, refusal
from embedded_cloud.api import schedule_expressions as expressions
from embedded_cloud.iam.operations.call import Call

SERVICE = "scheduler.amazonaws.com"
FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0


class TargetError(Exception):
    """The target could not be invoked: code and message as in the dead-letter queue."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Watch:
    """What the agent knows of a schedule; it is kept with moto's schedule, and so survives a restart."""

    when: tuple[str, str, str]
    """Expression, time zone and state: a change of them counts from then on."""
    until: datetime
    """Due times up to this one are done."""


@dataclass
class Invocation:
    """One due time of a schedule, until its target is invoked or given up."""

    due: datetime
    began: datetime
    attempts: int = 0
    retry_at: datetime | None = None


class Schedules:
    """Callers hold the cloud's lock."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._capacity = ecs_capacity.Capacity(context.config.state_dir)

    def reconcile(self) -> None:
        """Invoke the target of each schedule that is due."""
        now = clock.now(self._context.config.state_dir)
        for group in self._context.backend("scheduler").schedule_groups.values():
            for schedule in group.schedules.values():
                self._note_due(schedule, now)
                for invocation in list(schedule.invocations):
                    if invocation.retry_at is None or datetime.now(UTC) >= invocation.retry_at:
                        self._invoke(schedule, invocation)

    def _note_due(self, schedule: Any, now: datetime) -> None:
        when = (schedule.schedule_expression, schedule.schedule_expression_timezone, schedule.state)
        watch: Watch | None = getattr(schedule, "watch", None)
        if watch is None or watch.when != when:
            schedule.watch, schedule.invocations = Watch(when, now), []
            self._context.touch()
            return
        if schedule.state != "ENABLED":
            return
        due = expressions.latest(*when[:2], watch.until, now)
        if due is not None:
            watch.until = due
            schedule.invocations.append(Invocation(due, datetime.now(UTC)))
            self._context.touch()

    def _invoke(self, schedule: Any, invocation: Invocation) -> None:
        invocation.attempts += 1
        self._context.touch()
        try:
            self._run_task(schedule, invocation)
        except TargetError as error:
            policy = schedule.target["RetryPolicy"]
            wait = min(FIRST_RETRY_SECONDS * 2 ** (invocation.attempts - 1), LONGEST_RETRY_SECONDS)
            invocation.retry_at = datetime.now(UTC) + timedelta(seconds=self._context.config.clocks.shortened(wait))
            if invocation.attempts <= policy["MaximumRetryAttempts"]:
                age = (datetime.now(UTC) - invocation.began).total_seconds()
                if age < self._context.config.clocks.shortened(policy["MaximumEventAgeInSeconds"]):
                    return
            self._give_up(schedule, invocation, error)
        schedule.invocations.remove(invocation)

    def _run_task(self, schedule: Any, invocation: Invocation) -> None:
        target, task = schedule.target, schedule.target.get("EcsParameters")
        if task is None:
            raise TargetError("Scheduler.UnsupportedTarget", "the embedded cloud starts tasks of ECS only")
        cluster, tagged = target["Arn"], task.get("PropagateTags") == "TASK_DEFINITION"
        overrides = _overrides(_filled(target.get("Input") or "{}", schedule, invocation))
        self._check_role(schedule, overrides)
        ecs = self._context.backend("ecs")
        if not self._capacity.allows(ecs, 1):
            raise TargetError("ECS.ClientException", ecs_capacity.UNAVAILABLE)
        try:
            found = ecs.describe_task_definition(task["TaskDefinitionArn"])
            ecs.run_task(
                cluster.rpartition("/")[2],
                task["TaskDefinitionArn"],
                task.get("TaskCount", 1),
                overrides=overrides,
                started_by=f"chronos-schedule/{schedule.name}",
                tags=list(found.tags or []) if tagged else [],
                launch_type=task.get("LaunchType", "FARGATE"),
                networking_configuration=_network(task),
                group=task.get("Group") or f"family:{found.family}",
                platform_version=task.get("PlatformVersion"),
            )
        except (JsonRESTError, ServiceException) as error:
            raise TargetError(f"ECS.{type(error).__name__}", str(getattr(error, "message", error))) from None

    def _check_role(self, schedule: Any, overrides: dict[str, Any]) -> None:
        task = schedule.target["EcsParameters"]
        parameters = {
            "cluster": schedule.target["Arn"],
            "taskDefinition": task["TaskDefinitionArn"],
            "propagateTags": task.get("PropagateTags"),
            "overrides": overrides,
        }
        call = Call(service="ecs", operation="RunTask", parameters=parameters)
        if reason := refusal(self._context, _caller(schedule), [call]):
            raise TargetError("ECS.AccessDeniedException", reason)

    def _give_up(self, schedule: Any, invocation: Invocation, error: TargetError) -> None:
        queue = (schedule.target.get("DeadLetterConfig") or {}).get("Arn")
        needed = [Call(service="sqs", operation="SendMessage", parameters={"QueueUrl": queue})]
        if not queue or refusal(self._context, _caller(schedule), needed):
            return
        attributes = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error),
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            "RETRY_ATTEMPTS": str(invocation.attempts - 1),
            "SCHEDULE_ARN": schedule.arn,
            "TARGET_ARN": "arn:aws:scheduler:::aws-sdk:ecs:runTask",
        }
        self._context.backend("sqs").send_message(
            queue.rpartition(":")[2],
            _filled(schedule.target.get("Input") or "{}", schedule, invocation),
            message_attributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


def _caller(schedule: Any) -> Caller:
    """docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html"""
    group = schedule.arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]
    return Caller(service=SERVICE, role_arn=schedule.target["RoleArn"], source_arn=group, session=schedule.name)


def _filled(text: str, schedule: Any, invocation: Invocation) -> str:
    """docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
    values = {
        "schedule-arn": schedule.arn,
        "scheduled-time": f"{invocation.due:%Y-%m-%dT%H:%M:%SZ}",
        "execution-id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{schedule.arn} {invocation.due}")),
        "attempt-number": str(invocation.attempts),
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _overrides(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise TargetError("ECS.InvalidParameterException", "the input is no JSON object of overrides")
    return found


def _network(task: dict[str, Any]) -> dict[str, Any]:
    found = (task.get("NetworkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return {
        "awsvpcConfiguration": {
            "subnets": found.get("Subnets", []),
            "securityGroups": found.get("SecurityGroups", []),
            "assignPublicIp": found.get("AssignPublicIp", "DISABLED"),
        }
    }
