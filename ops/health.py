"""What else tells whether the site is well: targets of the load balancer, alarms, database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

ALARMS_AT_ONCE = 100
"""Names that DescribeAlarms takes."""

GOOD = {"available", "backing-up", "storage-optimization"}
"""What RDS says of a database that serves and takes releases: the latter two come by themselves, and may last a day."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm that rings."""

    name: str
    since: Any
    advice: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Database:
    """The RDS instance."""

    identifier: str
    status: str
    """RDS's word; those of GOOD need nobody."""
    instance_class: str
    multi_az: bool
    restorable_until: Any
    """Up to when point-in-time recovery reaches; None without backups."""


def targets(session: boto3.Session, groups: Sequence[str]) -> dict[str, str]:
    """The load balancer's opinion of each address: healthy, initial, unhealthy, draining, with its reason."""
    elb: Any = session.client("elbv2")
    found = (
        one for arn in groups for one in elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    )
    return {one["Target"]["Id"]: _state(one["TargetHealth"]) for one in found}


def current_secret_version(session: boto3.Session, arn: str) -> str:
    """The version of the secret that what serves should hold."""
    stages = session.client("secretsmanager").describe_secret(SecretId=arn)["VersionIdsToStages"]
    return next((version for version, names in stages.items() if "AWSCURRENT" in names), "")


def alarms(session: boto3.Session, project: str, stack: str) -> list[Alarm]:
    """Those of the stack's alarms that ring."""
    names = [arn.rpartition(":alarm:")[2] for arn in tagged(session, project, stack, "cloudwatch:alarm")]
    cloudwatch: Any = session.client("cloudwatch")
    ringing: list[Alarm] = []
    for first in range(0, len(names), ALARMS_AT_ONCE):
        chosen = names[first : first + ALARMS_AT_ONCE]
        pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=chosen, StateValue="ALARM")
        ringing += [_alarm(one) for page in pages for one in page["MetricAlarms"] if one["StateValue"] == "ALARM"]
    return ringing


def tagged(session: boto3.Session, project: str, stack: str, kind: str) -> list[str]:
    """ARNs of the stack's resources of one kind, by the tags that infra/naming.py puts on everything."""
    filters = [{"Key": "Project", "Values": [project]}, {"Key": "Stack", "Values": [stack]}]
    asked: Any = session.client("resourcegroupstaggingapi").get_paginator("get_resources")
    pages = asked.paginate(TagFilters=filters, ResourceTypeFilters=[kind])
    return sorted(one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"])


def database(session: boto3.Session, identifier: str) -> Database | None:
    """None when there is no such instance."""
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
        restorable_until=found.get("LatestRestorableTime"),
    )


def _state(health: dict[str, str]) -> str:
    return f"{health['State']} ({health['Reason']})" if health.get("Reason") else health["State"]


def _alarm(found: dict[str, Any]) -> Alarm:
    return Alarm(
        name=found["AlarmName"],
        since=found.get("StateUpdatedTimestamp"),
        advice=found.get("AlarmDescription", ""),
        reason=found.get("StateReason", ""),
    )
