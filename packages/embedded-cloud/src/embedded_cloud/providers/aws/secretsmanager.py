"""Secrets Manager: secrets and their versions."""

import base64
import uuid
from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.documents import same_policy
from embedded_cloud.providers.aws.references import KMS_KEY
from embedded_cloud.providers.aws.tagging import SECRET_TAGS
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import ALL, AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values

SECRET = Reference(
    "secret", lambda call, arn: "DeletedDate" not in call.aws("secretsmanager").describe_secret(SecretId=arn)
)
RECOVERY_DAYS = 30
"""AWS's default recovery window, and the longest."""


def _create_secret(call: Call) -> str:
    created = call.aws("secretsmanager").create_secret(**call.params("name description kmsKeyId"))
    call.id = created["ARN"]
    if "policy" in call.inputs:
        call.aws("secretsmanager").put_resource_policy(SecretId=call.id, ResourcePolicy=call.inputs["policy"])
    return call.id


def _read_secret(call: Call) -> Values | None:
    secret = call.aws("secretsmanager").describe_secret(SecretId=call.id)
    if "DeletedDate" in secret:
        return None
    policy = call.aws("secretsmanager").get_resource_policy(SecretId=call.id)
    return from_boto({**secret, **policy}, "name description kmsKeyId", arn="ARN", policy="ResourcePolicy")


def _update_secret(call: Call) -> None:
    manager = call.aws("secretsmanager")
    if call.changed("description", "kmsKeyId"):
        manager.update_secret(SecretId=call.id, **call.params("description kmsKeyId"))
    if call.inputs.get("policy") and call.changed("policy"):
        manager.put_resource_policy(SecretId=call.id, ResourcePolicy=call.inputs["policy"])
    elif call.changed("policy"):
        manager.delete_resource_policy(SecretId=call.id)


def _delete_secret(call: Call) -> None:
    days = call.state.get("recoveryWindowInDays", RECOVERY_DAYS)
    window: dict[str, Any] = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    call.aws("secretsmanager").delete_secret(SecretId=call.id, **window)


def _recovery_window(values: Values) -> list[tuple[str, str]]:
    days = values.get("recoveryWindowInDays")
    if isinstance(days, int) and days != 0 and not 7 <= days <= RECOVERY_DAYS:
        return [("recoveryWindowInDays", f"must be 0, or from 7 to {RECOVERY_DAYS}, not {days}")]
    return []


def _create_version(call: Call) -> str:
    value: dict[str, Any] = call.params("secretString versionStages")
    if "secretBinary" in call.inputs:
        value["SecretBinary"] = base64.b64decode(call.inputs["secretBinary"])
    secret = call.inputs["secretId"]
    token = str(uuid.uuid4())
    answer = call.aws("secretsmanager").put_secret_value(SecretId=secret, ClientRequestToken=token, **value)
    return f"{answer['ARN']}|{answer['VersionId']}"


def _read_version(call: Call) -> Values:
    secret, _, version = call.id.partition("|")
    answer = call.aws("secretsmanager").get_secret_value(SecretId=secret, VersionId=version)
    known = from_boto(answer, "secretString versionId versionStages", arn="ARN", secretArn="ARN", secretId="ARN")
    if "SecretBinary" in answer:
        known["secretBinary"] = base64.b64encode(answer["SecretBinary"]).decode()
    return known


def _delete_version(call: Call) -> None:
    """Remove the staging labels in Pulumi's state from the version, as the official provider does.

    AWSCURRENT stays: AWS requires one version to have it.
    """
    secret, _, version = call.id.partition("|")
    manager = call.aws("secretsmanager")
    present = manager.describe_secret(SecretId=secret).get("VersionIdsToStages", {}).get(version, [])
    for stage in call.state.get("versionStages", []):
        if stage != "AWSCURRENT" and stage in present:
            manager.update_secret_version_stage(SecretId=secret, VersionStage=stage, RemoveFromVersionId=version)


EMULATION = Emulation(
    service="AWS Secrets Manager",
    types="aws:secretsmanager/",
    acts=("containers get values by ARN; a task that needs a deleted secret does not start",),
    stored=("rotation by a function",),
    refused=("names that are taken or scheduled for deletion",),
)

RESOURCES = (
    ResourceType(
        "aws:secretsmanager/secret:Secret",
        create=_create_secret,
        read=_read_secret,
        update=_update_secret,
        delete=_delete_secret,
        reported="name description kmsKeyId policy",
        unreported="recoveryWindowInDays forceOverwriteReplicaSecret",
        effect="is passed to containers",
        replaces="name",
        name=AutoName(max_length=512),
        tags=SECRET_TAGS,
        references={"kmsKeyId": KMS_KEY},
        equal={"policy": same_policy},
        check=_recovery_window,
    ),
    ResourceType(
        "aws:secretsmanager/secretVersion:SecretVersion",
        effect="its value is passed to containers",
        create=_create_version,
        read=_read_version,
        delete=_delete_version,
        reported="secretId secretString secretBinary",
        unreported="versionStages",
        replaces=ALL,
        references={"secretId": SECRET},
        secret_outputs="secretString secretBinary",
    ),
)
