"""Checks of the RDS instance."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from infra.release.record import ReleaseRecord
from ops.checks.check import PROTECT, REPAIR, Check, State, check
from ops.stack import Stack

AREA = "Database"
BACKUP_DAYS = 7
"""Security Hub control RDS.50 asks a cluster for as many."""
RECENT = timedelta(minutes=15)
"""RDS uploads logs for point-in-time recovery every five minutes
(docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html)."""


class Rule(NamedTuple):
    """A rule about DescribeDBInstances's answer."""

    rule: str
    control: str
    holds: Callable[[dict[str, Any]], bool]
    fix: str = REPAIR
    otherwise: State = "failed"


RULES = (
    Rule("The internet cannot reach it", "RDS.2", lambda db: not db["PubliclyAccessible"]),
    Rule("Its storage is encrypted", "RDS.3", lambda db: bool(db["StorageEncrypted"])),
    Rule(
        "A standby waits in a second zone",
        "RDS.5",
        lambda db: bool(db["MultiAZ"]),
        "pulumi config set databaseMultiAz true && pulumi up",
        "warning",
    ),
    Rule("Enhanced monitoring is on", "RDS.6", lambda db: db.get("MonitoringInterval", 0) > 0),
    Rule("It cannot be deleted by mistake", "RDS.8", lambda db: bool(db["DeletionProtection"]), PROTECT),
    Rule("Its logs go to CloudWatch", "RDS.9", lambda db: bool(db.get("EnabledCloudwatchLogsExports"))),
    Rule("Minor versions are installed by themselves", "RDS.13", lambda db: bool(db["AutoMinorVersionUpgrade"])),
    Rule("Snapshots have its tags", "RDS.17", lambda db: bool(db["CopyTagsToSnapshot"])),
)


def checks(stack: Stack, release: ReleaseRecord) -> Iterator[Check]:
    """Access, encryption, availability, backups and forced TLS."""
    rds: Any = stack.session.client("rds")
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=release.database)["DBInstances"]
    for rule, control, holds, fix, otherwise in RULES:
        yield check(AREA, rule, holds(found), fix=fix, control=control, otherwise=otherwise)
    days = found["BackupRetentionPeriod"]
    fix = f"pulumi config set databaseBackupDays {BACKUP_DAYS} && pulumi up"
    rule = f"It can be restored to any second of {BACKUP_DAYS} days"
    yield check(AREA, rule, days >= BACKUP_DAYS, found=f"{days} days", fix=fix, control="RDS.11")
    yield recent_backup(found)
    yield check(AREA, "It accepts connections with TLS only", _forces_tls(rds, found), fix=REPAIR, control="RDS.38")


def recent_backup(instance: dict[str, Any]) -> Check:
    """How long ago the latest restorable moment of this instance is."""
    until = instance.get("LatestRestorableTime")
    # The first upload follows some minutes after the creation.
    since = until or instance.get("InstanceCreateTime")
    behind = datetime.now(UTC) - since if since else None
    return check(
        AREA,
        "The last quarter of an hour is in the backups",
        behind is not None and behind < RECENT,
        found=f"{int(behind.total_seconds() // 60)} minutes behind" if behind and until else "no backup yet",
        fix="look at the instance's events: aws rds describe-events --source-type db-instance",
    )


def _forces_tls(rds: Any, instance: dict[str, Any]) -> bool:
    for group in instance["DBParameterGroups"]:
        pages = rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group["DBParameterGroupName"])
        values = {one["ParameterName"]: one.get("ParameterValue") for page in pages for one in page["Parameters"]}
        if values.get("rds.force_ssl") == "1":
            return True
    return False
