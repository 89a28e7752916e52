"""Schedules of EventBridge Scheduler, as the program makes them."""

from typing import Any

import boto3

GROUP = "preqly-prod"
"""Of stack `prod` of project `preqly`."""
TARGET: dict[str, Any] = {
    "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/web",
    "RoleArn": "arn:aws:iam::123456789012:role/starts",
    "Input": "{}",
    "EcsParameters": {"TaskDefinitionArn": "command:2", "LaunchType": "FARGATE", "Group": "schedule:digest"},
}


def create_schedules(session: boto3.Session, **created: str) -> None:
    """The group, with a schedule in each of these states by its name."""
    scheduler: Any = session.client("scheduler")
    scheduler.create_schedule_group(Name=GROUP)
    for name, state in created.items():
        scheduler.create_schedule(
            Name=name,
            GroupName=GROUP,
            ScheduleExpression="cron(* * * * ? *)",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            State=state,
            Target=TARGET,
        )


def states(session: boto3.Session) -> dict[str, str]:
    """State of each schedule by its name."""
    scheduler: Any = session.client("scheduler")
    found = scheduler.list_schedules(GroupName=GROUP)["Schedules"]
    return {one["Name"]: one["State"] for one in found}
