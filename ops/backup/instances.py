"""The stack's RDS instance, and the instances that are restored beside it."""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.naming import own_tag, own_tag_value
from infra.release.reporting import Reporter
from ops.backup.restore_point import RestorePoint
from ops.errors import OpsError
from ops.stack import Stack

RESTORED_TAG = "restored-for"
"""Kind of the own tag of restored instances; its value is the command that made them."""
POLL_SECONDS = 2
RESTORE_SECONDS = 4 * 3600
"""A restore replays the log since the last daily backup."""
DELETE_SECONDS = 3600
FAILED = {"failed", "incompatible-restore", "incompatible-parameters", "incompatible-network", "storage-full"}
"""Statuses that an instance does not leave by itself."""


@dataclass(frozen=True, kw_only=True)
class DatabaseServer:
    """An available instance."""

    identifier: str
    address: str
    port: int
    version: int
    """Major version of PostgreSQL."""

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "DatabaseServer":
        """From an entry of DescribeDBInstances."""
        endpoint = described["Endpoint"]
        return cls(
            identifier=described["DBInstanceIdentifier"],
            address=endpoint["Address"],
            port=endpoint["Port"],
            version=int(str(described["EngineVersion"]).partition(".")[0]),
        )


def describe(rds: Any, identifier: str) -> dict[str, Any]:
    """An entry of DescribeDBInstances. Raises OpsError when the instance does not exist."""
    found = find(rds, identifier)
    if found is None:
        raise OpsError(f"Database {identifier} does not exist. `pulumi up --refresh` creates it again.")
    return found


def find(rds: Any, identifier: str) -> dict[str, Any] | None:
    """An entry of DescribeDBInstances; None when the instance does not exist."""
    try:
        return dict(rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0])
    except rds.exceptions.DBInstanceNotFoundFault:
        return None


def like(project: str, source: Mapping[str, Any], purpose: str) -> dict[str, Any]:
    """Parameters that a restore does not take from the source by itself: network, settings and tags.

    The new instance stands in one zone and can be deleted: it is no replacement, and Pulumi does not know it.
    docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
    """
    tags = [tag for tag in source.get("TagList", []) if not tag["Key"].startswith(("Name", "ManagedBy", "aws:"))]
    return {
        "DBInstanceClass": source["DBInstanceClass"],
        "DBSubnetGroupName": source["DBSubnetGroup"]["DBSubnetGroupName"],
        "VpcSecurityGroupIds": [one["VpcSecurityGroupId"] for one in source["VpcSecurityGroups"]],
        "DBParameterGroupName": source["DBParameterGroups"][0]["DBParameterGroupName"],
        "Port": source["Endpoint"]["Port"],
        "StorageType": source["StorageType"],
        "EnableIAMDatabaseAuthentication": bool(source.get("IAMDatabaseAuthenticationEnabled")),
        "CopyTagsToSnapshot": bool(source.get("CopyTagsToSnapshot")),
        "PubliclyAccessible": False,
        "MultiAZ": False,
        "DeletionProtection": False,
        "Tags": [*tags, {"Key": own_tag(project, RESTORED_TAG), "Value": purpose}],
    }


def restored_name(source: str, purpose: str) -> str:
    """A name for a restored instance that begins with the source's, as the pipelines' roles demand."""
    # RDS allows 63 characters.
    return f"{source[:30].rstrip('-')}-{purpose}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def restore(stack: Stack, source: Mapping[str, Any], point: RestorePoint, identifier: str, purpose: str) -> None:
    """Start the restore into a new instance."""
    rds: Any = stack.session.client("rds")
    parameters = like(stack.project, source, purpose)
    if point.snapshot:
        rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=identifier, DBSnapshotIdentifier=point.snapshot, **parameters
        )
        return
    moment = {"RestoreTime": point.moment} if point.moment else {"UseLatestRestorableTime": True}
    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier=source["DBInstanceIdentifier"],
        TargetDBInstanceIdentifier=identifier,
        **moment,
        **parameters,
    )


def wait_until_available(rds: Any, identifier: str, report: Reporter) -> DatabaseServer:
    """Wait, also for a new password. Raises OpsError for a status that RDS does not leave by itself."""
    deadline, shown = time.monotonic() + RESTORE_SECONDS, ""
    while True:
        found = describe(rds, identifier)
        status = str(found["DBInstanceStatus"])
        if status == "available" and not found.get("PendingModifiedValues", {}).get("MasterUserPassword"):
            return DatabaseServer.of(found)
        if status in FAILED or time.monotonic() > deadline:
            raise OpsError(f"Database instance {identifier} is {status}. `aws rds describe-events` says why.")
        if status != shown:
            report(f"{identifier} is {status}")
            shown = status
        time.sleep(POLL_SECONDS)


def set_password(rds: Any, identifier: str, password: str, report: Reporter) -> DatabaseServer:
    """Give the master user of a restored instance this password: it has that of its time."""
    rds.modify_db_instance(DBInstanceIdentifier=identifier, MasterUserPassword=password, ApplyImmediately=True)
    return wait_until_available(rds, identifier, report)


@contextmanager
def temporary(
    stack: Stack, source: Mapping[str, Any], point: RestorePoint, purpose: str, password: str, report: Reporter
) -> Iterator[DatabaseServer]:
    """A restored instance with the owner's present password, deleted at the end, whatever happens.

    Raises OpsError with the command that deletes it when that fails.
    """
    rds: Any = stack.session.client("rds")
    identifier = restored_name(source["DBInstanceIdentifier"], purpose)
    try:
        report(f"Restoring {point} into {identifier}")
        restore(stack, source, point, identifier, purpose)
        wait_until_available(rds, identifier, report)
        yield set_password(rds, identifier, password, report)
    except BaseException:
        if left := delete(rds, identifier, report):
            report(left)
        raise
    if left := delete(rds, identifier, report):
        raise OpsError(left)


def delete(rds: Any, identifier: str, report: Reporter) -> str:
    """Delete a restored instance with its backups and wait until it is gone; what is left and how to delete it."""
    problem = "the wait was interrupted"
    try:
        report(f"Deleting {identifier}")
        deadline = time.monotonic() + DELETE_SECONDS
        while (found := find(rds, identifier)) and time.monotonic() < deadline:
            if found["DBInstanceStatus"] != "deleting":
                _delete(rds, identifier)
            time.sleep(POLL_SECONDS)
        if not found:
            return ""
        problem = f"it is {found['DBInstanceStatus']} after {DELETE_SECONDS} s"
    except (BotoCoreError, ClientError) as error:
        problem = str(error)
    except KeyboardInterrupt:
        pass
    return f"Instance {identifier} may be left ({problem}), and costs money until: {delete_command(identifier)}"


def delete_command(identifier: str) -> str:
    """Command of the AWS CLI that deletes a restored instance."""
    options = "--skip-final-snapshot --delete-automated-backups"
    return f"aws rds delete-db-instance --db-instance-identifier {identifier} {options}"


def _delete(rds: Any, identifier: str) -> None:
    try:
        rds.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
    except (rds.exceptions.InvalidDBInstanceStateFault, rds.exceptions.DBInstanceNotFoundFault):
        # Some statuses of a new instance refuse it for a while.
        return


def left_over(stack: Stack, purpose: str) -> list[str]:
    """Instances of this stack that an earlier run of the command made and could not delete."""
    rds: Any = stack.session.client("rds")
    pages = rds.get_paginator("describe_db_instances").paginate()
    found = []
    for one in (instance for page in pages for instance in page["DBInstances"]):
        tags = {tag["Key"]: tag["Value"] for tag in one.get("TagList", [])}
        ours = (tags.get("Project"), tags.get("Stack")) == (stack.project, stack.name)
        if ours and own_tag_value(tags, RESTORED_TAG) == purpose and one["DBInstanceStatus"] != "deleting":
            found.append(str(one["DBInstanceIdentifier"]))
    return found
