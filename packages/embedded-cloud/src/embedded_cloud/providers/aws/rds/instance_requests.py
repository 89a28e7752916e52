"""RDS: database instances: parameters of the requests, and what the properties are called in them."""

from typing import Any

from embedded_cloud.providers.call import Call, capitals, pick
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values

_SHARED = {
    **capitals(
        "allocatedStorage maxAllocatedStorage storageType storageThroughput iops engineVersion autoMinorVersionUpgrade "
        "vpcSecurityGroupIds backupRetentionPeriod publiclyAccessible copyTagsToSnapshot deletionProtection "
        "monitoringInterval monitoringRoleArn performanceInsightsRetentionPeriod databaseInsightsMode networkType"
    ),
    "instanceClass": "DBInstanceClass",
    "parameterGroupName": "DBParameterGroupName",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "multiAz": "MultiAZ",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "caCertIdentifier": "CACertificateIdentifier",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "password": "MasterUserPassword",
}
"""Inputs of CreateDBInstance and of ModifyDBInstance."""
_AT_CREATION = {
    **capitals("engine storageEncrypted kmsKeyId availabilityZone licenseModel port"),
    "dbName": "DBName",
    "username": "MasterUsername",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
}
INPUTS = {**_SHARED, **_AT_CREATION}

_READ_ELSEWHERE = {
    *("vpcSecurityGroupIds", "parameterGroupName", "dbSubnetGroupName", "port", "password", "engineVersion"),
    *("monitoringInterval", "iamDatabaseAuthenticationEnabled", "enabledCloudwatchLogsExports"),
    "performanceInsightsEnabled",
}
REPORTED = {
    **{ours: theirs for ours, theirs in INPUTS.items() if ours not in _READ_ELSEWHERE},
    "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
    "performanceInsightsEnabled": "PerformanceInsightsEnabled",
    "enabledCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
    "monitoringInterval": "MonitoringInterval",
    "identifier": "DBInstanceIdentifier",
    "arn": "DBInstanceArn",
    "resourceId": "DbiResourceId",
    "status": "DBInstanceStatus",
    "engineVersionActual": "EngineVersion",
}
"""Keys in the answer of DescribeDBInstances, for properties that need no conversion."""


def create_parameters(inputs: Values) -> dict[str, Any]:
    return pick(inputs, **INPUTS, identifier="DBInstanceIdentifier")


def modify_parameters(old: Values, inputs: Values) -> dict[str, Any]:
    """Parameters of ModifyDBInstance: the changed ones, the password included. Empty when nothing changed."""
    changed = {key: value for key, value in inputs.items() if old.get(key) != value}
    parameters = pick(changed, **_SHARED, port="DBPortNumber")
    before, after = (set(one.get("enabledCloudwatchLogsExports") or []) for one in (old, inputs))
    if before != after:
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


def restore_parameters(call: Call) -> dict[str, Any]:
    """Parameters of RestoreDBInstanceFromDBSnapshot, which refuses a database name for PostgreSQL."""
    known = _restore_members(call) - {"DBName"}
    parameters = {name: value for name, value in create_parameters(call.inputs).items() if name in known}
    return {**parameters, "DBSnapshotIdentifier": call.inputs["snapshotIdentifier"]}


def _restore_members(call: Call) -> set[str]:
    operation = call.aws("rds").meta.service_model.operation_model("RestoreDBInstanceFromDBSnapshot")
    return set(operation.input_shape.members)


def unrestored_parameters(call: Call) -> dict[str, Any]:
    """Parameters of ModifyDBInstance for the inputs that a restore does not take (the password)."""
    restored = _restore_members(call)
    rest = {name: value for name, value in modify_parameters({}, call.inputs).items() if name not in restored}
    rest.pop("CloudwatchLogsExportConfiguration", None)
    return {**rest, "ApplyImmediately": True}


def deletion_parameters(state: Values, *, protected: bool) -> dict[str, Any]:
    """Parameters of DeleteDBInstance. Raises OperationError when the state does not allow a deletion."""
    identifier = state["identifier"]
    if protected:
        raise OperationError(
            f"deletionProtection: database instance {identifier} is protected; "
            f"set it to false, run `pulumi up`, then delete"
        )
    backups = {"DeleteAutomatedBackups": bool(state.get("deleteAutomatedBackups", True))}
    if state.get("skipFinalSnapshot"):
        return {"SkipFinalSnapshot": True, **backups}
    if not state.get("finalSnapshotIdentifier"):
        raise OperationError(
            f"finalSnapshotIdentifier: database instance {identifier} needs a name for its final snapshot; "
            f"set one, or set skipFinalSnapshot, run `pulumi up`, then delete"
        )
    return {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": state["finalSnapshotIdentifier"], **backups}
