"""The schedules of a stack: move them to an earlier release, and pause them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.record import ReleaseRecord
from infra.release.reporting import Reporter

KEPT = (
    "Name",
    "GroupName",
    "Description",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "State",
    "Target",
)
"""What UpdateSchedule takes of a schedule; it resets what it is not given."""
PAUSED = "Paused by python -m ops. "
"""Beginning of a paused schedule's description, so that a later command resumes what a killed one left paused."""
DESCRIPTION_LENGTH = 512
"""EventBridge Scheduler (docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html)."""


def move(session: boto3.Session, target: ReleaseRecord, task_definition: str, group: str, report: Reporter) -> None:
    """Let the schedules of a group start this task definition at the times of the target.

    Those that the target does not have are disabled. A stack runs none of those that its settings turn off, and
    Pulumi deleted those that only earlier releases have: they come back with `pulumi up` of their sources.
    """
    scheduler: Any = session.client("scheduler")
    found = {schedule["Name"]: schedule for schedule in of_group(session, group)}
    for name, schedule in found.items():
        times = target.schedules.get(name)
        parameters = {**schedule["Target"]["EcsParameters"], "TaskDefinitionArn": task_definition}
        wanted = {
            "Target": {**schedule["Target"], "EcsParameters": parameters},
            "State": "ENABLED" if times else "DISABLED",
            # The target decides the state, also of a paused one.
            "Description": _description(schedule),
        }
        if times:
            expression, _, zone = times.rpartition(" ")
            wanted |= {"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone}
        _update(scheduler, schedule, wanted)
        if not times:
            report(f"Schedule {name} is disabled: release {target.number} does not have it")
    if missing := sorted(set(target.schedules) - set(found)):
        report(f"Release {target.number} has schedules that the stack does not run: {', '.join(missing)}")


@contextmanager
def paused(session: boto3.Session, group: str, report: Reporter) -> Iterator[None]:
    """No schedule of the group starts a task inside this context. Afterwards each has its state from before.

    One that is moved meanwhile keeps the state that it got.
    """
    scheduler: Any = session.client("scheduler")
    try:
        for schedule in of_group(session, group):
            if schedule["State"] == "ENABLED":
                report(f"Pausing schedule {schedule['Name']}")
                description = f"{PAUSED}{_description(schedule)}"[:DESCRIPTION_LENGTH]
                _update(scheduler, schedule, {"State": "DISABLED", "Description": description})
        yield
    finally:
        for schedule in of_group(session, group):
            if _is_paused(schedule):
                _update(scheduler, schedule, {"State": "ENABLED", "Description": _description(schedule)})


def of_group(session: boto3.Session, group: str) -> Iterator[dict[str, Any]]:
    """The schedules of a group as GetSchedule describes them; none when the group does not exist."""
    if not group:
        return
    scheduler: Any = session.client("scheduler")
    try:
        pages = list(scheduler.get_paginator("list_schedules").paginate(GroupName=group))
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return
        raise
    for page in pages:
        for one in page["Schedules"]:
            yield scheduler.get_schedule(GroupName=group, Name=one["Name"])


def _update(scheduler: Any, schedule: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    kept = {key: schedule[key] for key in KEPT if schedule.get(key) is not None}
    scheduler.update_schedule(**{**kept, **changes})


def _is_paused(schedule: Mapping[str, Any]) -> bool:
    return (schedule.get("Description") or "").startswith(PAUSED)


def _description(schedule: Mapping[str, Any]) -> str:
    """Its description without the mark of a pause."""
    return (schedule.get("Description") or "").removeprefix(PAUSED)
