"""RDS: an instance's properties as parameters of CreateDBInstance, ModifyDBInstance and DescribeDBInstances."""

from typing import Any

from embedded_cloud.providers.call import pick
from embedded_cloud.providers.values import Values

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
"""Inputs of CreateDBInstance and of ModifyDBInstance."""

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

INPUTS = tuple({**_SHARED, **_AT_CREATION})
"""Every input that is sent to RDS."""

_READ_ELSEWHERE = {
    *("vpcSecurityGroupIds", "parameterGroupName", "dbSubnetGroupName", "port", "password", "engineVersion"),
    *("monitoringInterval", "iamDatabaseAuthenticationEnabled", "enabledCloudwatchLogsExports"),
    "performanceInsightsEnabled",
}
REPORTED = {
    **{ours: theirs for ours, theirs in {**_SHARED, **_AT_CREATION}.items() if ours not in _READ_ELSEWHERE},
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
    """Parameters of CreateDBInstance."""
    return pick(inputs, **_SHARED, **_AT_CREATION, identifier="DBInstanceIdentifier")


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
