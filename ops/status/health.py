"""Health of the targets, the alarms and their receivers, the database and the secret of a stack."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from ops.stack import tagged
from ops.status.receivers import Topic, read_topic

ALARMS_PER_REQUEST = 100
"""Limit of DescribeAlarms."""
GOOD = {"available", "backing-up", "storage-optimization"}
"""States in which RDS serves and accepts changes. RDS enters the last two by itself, for up to a day."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A CloudWatch alarm in state ALARM."""

    name: str
    since: Any
    advice: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """The stack's alarms, and who hears them."""

    ringing: Sequence[Alarm] = ()
    disabled: Sequence[str] = ()
    """Names of alarms whose actions are switched off."""
    topics: Sequence[Topic] = ()

    @property
    def receivers(self) -> list[str]:
        """Confirmed receivers."""
        return sorted({one.endpoint for topic in self.topics for one in topic.subscriptions if one.confirmed})

    def problems(self, *, needed: bool) -> Iterator[str]:
        """Alarms in ALARM, and alarms that notify no address; `needed` as in `Topic.problems`."""
        yield from (f"Alarm {alarm.name}: {alarm.advice}" for alarm in self.ringing)
        for name in self.disabled:
            yield f"Alarm {name} is switched off: `aws cloudwatch enable-alarm-actions --alarm-names {name}`."
        for topic in self.topics:
            yield from topic.problems(needed=needed)


@dataclass(frozen=True, kw_only=True)
class Database:
    """The RDS instance."""

    identifier: str
    status: str
    """As RDS reports it; see GOOD."""
    instance_class: str
    multi_az: bool
    protected: bool
    """Whether RDS refuses to delete it, as in a stack with `protect`."""
    restorable_until: Any
    """End of point-in-time recovery; None without backups."""


def targets(session: boto3.Session, groups: Sequence[str]) -> dict[str, str]:
    """Health of each target by its address: healthy, initial, unhealthy or draining, with the reason."""
    elb: Any = session.client("elbv2")
    found = (
        one for arn in groups for one in elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    )
    return {one["Target"]["Id"]: _target_health(one["TargetHealth"]) for one in found}


def alarms(session: boto3.Session, project: str, stack: str) -> Alarms:
    """The stack's alarms."""
    names = [arn.rpartition(":alarm:")[2] for arn in tagged(session, project, stack, "cloudwatch:alarm")]
    cloudwatch: Any = session.client("cloudwatch")
    found: list[dict[str, Any]] = []
    for first in range(0, len(names), ALARMS_PER_REQUEST):
        chosen = names[first : first + ALARMS_PER_REQUEST]
        pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=chosen)
        found += [one for page in pages for one in page["MetricAlarms"]]
    topics = {action for one in found for action in one.get("AlarmActions", ()) if ":sns:" in action}
    return Alarms(
        ringing=[_alarm(one) for one in found if one["StateValue"] == "ALARM"],
        disabled=[one["AlarmName"] for one in found if not one.get("ActionsEnabled", True)],
        topics=[read_topic(session, arn) for arn in sorted(topics)],
    )


def database(session: boto3.Session, identifier: str) -> Database | None:
    """The RDS instance; None when it does not exist."""
    rds: Any = session.client("rds")
    try:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"DBInstanceNotFound", "DBInstanceNotFoundFault"}:
            return None
        raise
    return Database(
        identifier=identifier,
        status=found["DBInstanceStatus"],
        instance_class=found["DBInstanceClass"],
        multi_az=bool(found.get("MultiAZ")),
        protected=bool(found.get("DeletionProtection")),
        restorable_until=found.get("LatestRestorableTime"),
    )


def _target_health(health: dict[str, str]) -> str:
    return f"{health['State']} ({health['Reason']})" if health.get("Reason") else health["State"]


def _alarm(found: dict[str, Any]) -> Alarm:
    return Alarm(
        name=found["AlarmName"],
        since=found.get("StateUpdatedTimestamp"),
        advice=found.get("AlarmDescription", ""),
        reason=found.get("StateReason", ""),
    )
