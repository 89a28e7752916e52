"""RDS: database instances, from their creation to their deletion."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.rds import instance_requests as requests
from embedded_cloud.providers.aws.rds.groups import PARAMETERS, SNAPSHOT, SUBNETS
from embedded_cloud.providers.aws.references import KMS_KEY, ROLE, SECURITY_GROUP
from embedded_cloud.providers.aws.tagging import RDS_TAGS
from embedded_cloud.providers.call import Call, report
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.failures import OperationError, is_missing
from embedded_cloud.providers.values import Values

CREATE_SECONDS = 40 * 60
UPDATE_SECONDS = 80 * 60
DELETE_SECONDS = 60 * 60
"""pulumi-aws's default timeouts for an instance."""

_FAILED = {"failed", "incompatible-parameters", "incompatible-network", "incompatible-option-group", "storage-full"}


def _find(call: Call) -> dict[str, Any] | None:
    identifier = call.state["identifier"]
    try:
        return dict(call.aws("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0])
    except call.aws("rds").exceptions.ClientError as error:
        if is_missing(error):
            return None
        raise


def _create(call: Call) -> str:
    rds = call.aws("rds")
    if call.inputs.get("snapshotIdentifier"):
        instance = rds.restore_db_instance_from_db_snapshot(**requests.restore_parameters(call))["DBInstance"]
    else:
        instance = rds.create_db_instance(**requests.create_parameters(call.inputs))["DBInstance"]
    return str(instance["DBInstanceIdentifier"])


def _update(call: Call) -> None:
    parameters = requests.modify_parameters(call.old_inputs, call.inputs)
    instance = _find(call) or {}
    if parameters and _grown({"allocatedStorage": instance.get("AllocatedStorage")}, call.inputs):
        parameters.pop("AllocatedStorage", None)
    if parameters:
        call.aws("rds").modify_db_instance(DBInstanceIdentifier=call.state["identifier"], **parameters)


def _grown(olds: Values, news: Values) -> list[str]:
    """With storage autoscaling, a size above the program's is no difference."""
    sizes = [olds.get("allocatedStorage"), news.get("allocatedStorage"), news.get("maxAllocatedStorage")]
    current, wanted, limit = (size if isinstance(size, int | float) else 0 for size in sizes)
    return ["allocatedStorage"] if 0 < wanted < min(current, limit) else []


def _ready(call: Call) -> None:
    """Wait until the instance is available; after a restore, set what the restore does not take (the password).

    Raises OperationError for a status that RDS does not leave by itself."""
    _wait_until_available(call)
    if not call.old_inputs and call.inputs.get("snapshotIdentifier"):
        identifier = call.state["identifier"]
        call.aws("rds").modify_db_instance(DBInstanceIdentifier=identifier, **requests.unrestored_parameters(call))
        _wait_until_available(call)


def _wait_until_available(call: Call) -> None:
    identifier, shown = call.state["identifier"], ""

    def available() -> bool:
        nonlocal shown
        instance = _find(call)
        status = instance["DBInstanceStatus"] if instance else "deleted"
        if status in _FAILED or instance is None:
            raise OperationError(f"database instance {identifier} is {status}; `aws rds describe-events` says why")
        if status != shown:
            call.log(f"{identifier} is {status}")
            shown = status
        return bool(status == "available")

    seconds = UPDATE_SECONDS if call.old_inputs else CREATE_SECONDS
    call.wait_for(available, f"database instance {identifier} available", seconds)


def _read(call: Call) -> Values | None:
    instance = _find(call)
    if instance is None or instance["DBInstanceStatus"] == "deleting":
        return None
    endpoint = instance.get("Endpoint", {})
    address, port = endpoint.get("Address"), endpoint.get("Port")
    groups = [group["VpcSecurityGroupId"] for group in instance.get("VpcSecurityGroups", [])]
    return {
        # The last known state stands for properties that moto does not report.
        **{name: call.state[name] for name in requests.REPORTED if name in call.state},
        **report(instance, **requests.REPORTED),
        **_version(call, instance["EngineVersion"]),
        **report(instance.get("DBSubnetGroup", {}), dbSubnetGroupName="DBSubnetGroupName"),
        **report(next(iter(instance.get("DBParameterGroups", [])), {}), parameterGroupName="DBParameterGroupName"),
        "vpcSecurityGroupIds": groups,
        "multiAz": bool(instance.get("MultiAZ")),
        "address": address,
        "port": port,
        "endpoint": f"{address}:{port}" if address else None,
        "hostedZoneId": endpoint.get("HostedZoneId"),
    }


def _version(call: Call, actual: str) -> Values:
    """The program's version while the running version is a minor release of it, else the running version."""
    asked = str(call.state.get("engineVersion", actual))
    return {"engineVersion": asked if f"{actual}.".startswith(f"{asked}.") else actual}


def _delete(call: Call) -> None:
    identifier = call.state["identifier"]
    instance = _find(call)
    if instance is None:
        return
    if instance["DBInstanceStatus"] != "deleting":
        deletion = requests.deletion_parameters(call.state, protected=bool(instance.get("DeletionProtection")))
        call.aws("rds").delete_db_instance(DBInstanceIdentifier=identifier, **deletion)
    call.wait_for(lambda: _find(call) is None, f"database instance {identifier} deleted", DELETE_SECONDS)


EMULATION = Emulation(
    service="Amazon RDS",
    types="aws:rds/",
    acts=(
        "PostgreSQL in a container, TLS forced, data in a Docker volume",
        "snapshots are base backups; the write-ahead log is archived every five minutes, and restored to any second",
    ),
    stored=(
        "the backup window: a daily base backup is taken a day after the last",
        "replicas, Multi-AZ, Performance Insights, other engines",
    ),
    refused=("names, passwords and sizes that RDS refuses",),
)

RESOURCES = (
    ResourceType(
        "aws:rds/instance:Instance",
        create=_create,
        read=_read,
        update=_update,
        ready=_ready,
        delete=_delete,
        reported=f"identifier {' '.join(name for name in requests.INPUTS if name != 'password')}",
        unreported="password applyImmediately allowMajorVersionUpgrade skipFinalSnapshot finalSnapshotIdentifier "
        "deleteAutomatedBackups snapshotIdentifier",
        replaces="identifier engine dbName username dbSubnetGroupName storageEncrypted kmsKeyId availabilityZone "
        "snapshotIdentifier",
        name=AutoName("identifier", max_length=63, lower=True),
        tags=RDS_TAGS,
        references={
            "snapshotIdentifier": SNAPSHOT,
            "dbSubnetGroupName": SUBNETS,
            "parameterGroupName": PARAMETERS,
            "vpcSecurityGroupIds": SECURITY_GROUP,
            "kmsKeyId": KMS_KEY,
            "performanceInsightsKmsKeyId": KMS_KEY,
            "monitoringRoleArn": ROLE,
        },
        unordered="vpcSecurityGroupIds enabledCloudwatchLogsExports",
        suppressed=_grown,
        secret_outputs="password",
        effect="runs as a PostgreSQL container",
    ),
)
