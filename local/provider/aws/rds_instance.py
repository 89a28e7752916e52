"""RDS instances: what boto3 is told, and the waits until an instance is available or gone."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

POLL_SECONDS = 0.5
CREATE_SECONDS = 40 * 60
"""pulumi-aws's default `create` timeout for an instance; 80 minutes for `update`, 60 for `delete`."""

Properties = Mapping[str, Any]
Log = Callable[[str], None]

_SHARED = {
    "instanceClass": "DBInstanceClass",
    "allocatedStorage": "AllocatedStorage",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "storageType": "StorageType",
    "storageThroughput": "StorageThroughput",
    "iops": "Iops",
    "engineVersion": "EngineVersion",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
    "parameterGroupName": "DBParameterGroupName",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "multiAz": "MultiAZ",
    "publiclyAccessible": "PubliclyAccessible",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "deletionProtection": "DeletionProtection",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "caCertIdentifier": "CACertificateIdentifier",
    "monitoringInterval": "MonitoringInterval",
    "monitoringRoleArn": "MonitoringRoleArn",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "databaseInsightsMode": "DatabaseInsightsMode",
    "networkType": "NetworkType",
    "password": "MasterUserPassword",
}
"""Inputs that CreateDBInstance and ModifyDBInstance take under the same name."""

_AT_CREATION = {
    "engine": "Engine",
    "dbName": "DBName",
    "username": "MasterUsername",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "storageEncrypted": "StorageEncrypted",
    "kmsKeyId": "KmsKeyId",
    "availabilityZone": "AvailabilityZone",
    "licenseModel": "LicenseModel",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "port": "Port",
}


class InstanceError(Exception):
    """The instance is not what was asked for; the message names it and the reason."""


def create_parameters(inputs: Properties) -> dict[str, Any]:
    """CreateDBInstance's parameters for an instance's inputs."""
    known = _named(inputs, {**_SHARED, **_AT_CREATION})
    tags = [{"Key": key, "Value": value} for key, value in sorted((inputs.get("tags") or {}).items())]
    return {**known, "DBInstanceIdentifier": inputs["identifier"], "Tags": tags}


def modify_parameters(old: Properties, inputs: Properties) -> dict[str, Any]:
    """ModifyDBInstance's parameters: only what changed, the password included. Empty when nothing is to be told."""
    changed = {key: value for key, value in inputs.items() if old.get(key) != value}
    parameters = _named(changed, _SHARED)
    if "port" in changed:
        parameters["DBPortNumber"] = changed["port"]
    if "enabledCloudwatchLogsExports" in changed:
        before, after = set(old.get("enabledCloudwatchLogsExports") or []), set(changed["enabledCloudwatchLogsExports"])
        parameters["CloudwatchLogsExportConfiguration"] = {
            "EnableLogTypes": sorted(after - before),
            "DisableLogTypes": sorted(before - after),
        }
    if not parameters:
        return {}
    return {
        **parameters,
        "ApplyImmediately": bool(inputs.get("applyImmediately")),
        "AllowMajorVersionUpgrade": bool(inputs.get("allowMajorVersionUpgrade")),
    }


def _named(inputs: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: inputs[ours] for ours, theirs in names.items() if inputs.get(ours) is not None}


def wait_until_available(rds: Any, identifier: str, *, timeout_seconds: float, log: Log) -> dict[str, Any]:
    """Return the instance as RDS describes it once its status is available. Raises InstanceError."""
    deadline = time.monotonic() + timeout_seconds
    told = ""
    while True:
        instance = describe(rds, identifier)
        if instance is None:
            raise InstanceError(f"database instance {identifier} disappeared while it was waited for")
        status = instance["DBInstanceStatus"]
        if status == "available":
            return instance
        if status in {"failed", "incompatible-parameters", "incompatible-network", "storage-full"}:
            raise InstanceError(f"database instance {identifier} is {status}; its events in RDS say why")
        if time.monotonic() > deadline:
            raise InstanceError(f"database instance {identifier} is still {status} after {timeout_seconds:.0f} s")
        if status != told:
            log(f"{identifier} is {status}")
            told = status
        time.sleep(POLL_SECONDS)


def describe(rds: Any, identifier: str) -> dict[str, Any] | None:
    """The instance, or None when RDS knows none of this identifier."""
    try:
        return dict(rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0])
    except ClientError as error:
        if error.response["Error"]["Code"] in {"DBInstanceNotFound", "DBInstanceNotFoundFault"}:
            return None
        raise


def delete_instance(rds: Any, state: Properties, timeout_seconds: float) -> None:
    """Delete the instance with the final snapshot its state asks for, and wait until it is gone.

    Raises InstanceError while deletion protection is on, or when the snapshot has no name.
    """
    identifier = state["identifier"]
    instance = describe(rds, identifier)
    if instance is None:
        return
    if instance["DBInstanceStatus"] != "deleting":
        rds.delete_db_instance(DBInstanceIdentifier=identifier, **_farewell(state, instance))
    deadline = time.monotonic() + timeout_seconds
    while describe(rds, identifier) is not None:
        if time.monotonic() > deadline:
            raise InstanceError(f"database instance {identifier} is still there after {timeout_seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def _farewell(state: Properties, instance: Properties) -> dict[str, Any]:
    identifier = state["identifier"]
    if instance.get("DeletionProtection"):
        raise InstanceError(
            f"deletionProtection: database instance {identifier} is protected; "
            f"set it to false, run `pulumi up`, then delete"
        )
    backups = {"DeleteAutomatedBackups": bool(state.get("deleteAutomatedBackups", True))}
    if state.get("skipFinalSnapshot"):
        return {"SkipFinalSnapshot": True, **backups}
    if not state.get("finalSnapshotIdentifier"):
        raise InstanceError(
            f"finalSnapshotIdentifier: database instance {identifier} needs a name for its final snapshot; "
            f"set one, or skipFinalSnapshot"
        )
    return {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": state["finalSnapshotIdentifier"], **backups}
