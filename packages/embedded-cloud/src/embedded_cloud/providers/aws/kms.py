"""KMS: keys and aliases."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.documents import same_policy
from embedded_cloud.providers.aws.tagging import KMS_TAGS
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.values import Values

DELETION_WINDOW_DAYS = 30
"""AWS's default."""


def _create(call: Call) -> str:
    wanted = call.params("description policy keyUsage multiRegion", customerMasterKeySpec="KeySpec")
    return str(call.aws("kms").create_key(**wanted)["KeyMetadata"]["KeyId"])


def _set_rotation(call: Call) -> None:
    kms, rotate = call.aws("kms"), call.inputs.get("enableKeyRotation", False)
    if rotate:
        kms.enable_key_rotation(KeyId=call.id, **call.params("rotationPeriodInDays"))
    elif call.old_inputs.get("enableKeyRotation"):
        kms.disable_key_rotation(KeyId=call.id)
    if call.changed("isEnabled"):
        (kms.enable_key if call.inputs.get("isEnabled", True) else kms.disable_key)(KeyId=call.id)


def _read(call: Call) -> Values | None:
    kms = call.aws("kms")
    key: dict[str, Any] = kms.describe_key(KeyId=call.id)["KeyMetadata"]
    if key["KeyState"] == "PendingDeletion":
        return None
    return {
        **from_boto(key, "arn keyId description keyUsage multiRegion", customerMasterKeySpec="KeySpec"),
        "isEnabled": key["Enabled"],
        "policy": kms.get_key_policy(KeyId=call.id, PolicyName="default")["Policy"],
        "enableKeyRotation": kms.get_key_rotation_status(KeyId=call.id)["KeyRotationEnabled"],
    }


def _update(call: Call) -> None:
    if call.changed("description"):
        call.aws("kms").update_key_description(KeyId=call.id, Description=call.inputs.get("description", ""))
    if call.changed("policy") and "policy" in call.inputs:
        call.aws("kms").put_key_policy(KeyId=call.id, PolicyName="default", Policy=call.inputs["policy"])


def _delete(call: Call) -> None:
    if _read(call) is not None:
        days = call.state.get("deletionWindowInDays", DELETION_WINDOW_DAYS)
        call.aws("kms").schedule_key_deletion(KeyId=call.id, PendingWindowInDays=days)


def _read_alias(call: Call) -> Values | None:
    for alias in call.aws("kms").list_aliases()["Aliases"]:
        if alias["AliasName"] == call.id:
            target = alias.get("TargetKeyId")
            key = call.aws("kms").describe_key(KeyId=target)["KeyMetadata"]
            asked = call.state.get("targetKeyId", "")
            return {
                "name": call.id,
                "arn": alias["AliasArn"],
                # The program gives the key by id or by ARN.
                "targetKeyId": key["Arn"] if asked.startswith("arn:") else target,
                "targetKeyArn": key["Arn"],
            }
    return None


def _create_alias(call: Call) -> str:
    call.aws("kms").create_alias(AliasName=call.inputs["name"], TargetKeyId=call.inputs["targetKeyId"])
    return str(call.inputs["name"])


EMULATION = Emulation(
    service="AWS KMS",
    types="aws:kms/",
    acts=("key policies decide, with IAM, who uses a key, also through S3, SQS, SNS, Secrets Manager and SSM",),
    stored=("encryption: what a key protects is stored as it is",),
    refused=("aliases below `alias/aws/`",),
)

RESOURCES = (
    ResourceType(
        "aws:kms/key:Key",
        effect="its policy decides, with IAM, who uses it",
        reported="description policy keyUsage multiRegion customerMasterKeySpec isEnabled enableKeyRotation",
        unreported="deletionWindowInDays rotationPeriodInDays bypassPolicyLockoutSafetyCheck",
        replaces="keyUsage multiRegion customerMasterKeySpec",
        equal={"policy": same_policy},
        tags=KMS_TAGS,
        create=_create,
        ready=_set_rotation,
        read=_read,
        update=_update,
        delete=_delete,
    ),
    ResourceType(
        "aws:kms/alias:Alias",
        reported="name targetKeyId",
        replaces="name",
        name=AutoName(prefix="alias/"),
        references={"targetKeyId": references.KMS_KEY},
        create=_create_alias,
        read=_read_alias,
        update=lambda call: call.aws("kms").update_alias(AliasName=call.id, TargetKeyId=call.inputs["targetKeyId"]),
        delete=lambda call: call.aws("kms").delete_alias(AliasName=call.id),
    ),
)
