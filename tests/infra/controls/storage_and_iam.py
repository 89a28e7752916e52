"""Registry, secrets, keys, logs, buckets and IAM."""

import json
from typing import Any

from tests.infra.controls.stack import Stack, listed, proves

# The only actions for which AWS's service authorization reference lists no resource type.
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}


@proves("ECR.1")
def images_are_scanned_on_push(stack: Stack) -> None:
    assert all(item.inputs["imageScanningConfiguration"]["scanOnPush"] is True for item in stack.some("ecr/repository"))


@proves("ECR.2")
def tags_are_immutable(stack: Stack) -> None:
    assert all(item.inputs["imageTagMutability"] == "IMMUTABLE" for item in stack.some("ecr/repository"))


@proves("ECR.3")
def a_lifecycle_policy_expires_images(stack: Stack) -> None:
    governed = {policy.inputs["repository"].removesuffix("-1a2b3c4") for policy in stack.some("ecr/lifecyclePolicy")}
    assert {repository.name for repository in stack.some("ecr/repository")} == governed


@proves("ECR.5")
def layers_are_encrypted_with_the_stacks_key(stack: Stack) -> None:
    for repository in stack.some("ecr/repository"):
        (encryption,) = repository.inputs["encryptionConfigurations"]
        assert encryption["encryptionType"] == "KMS"
        assert encryption["kmsKey"]


@proves("SecretsManager.1", "SecretsManager.2", "SecretsManager.4")
def aws_rotates_every_secret(stack: Stack) -> None:
    assert len(stack.some("secretsmanager/secretRotation")) == len(stack.some("secretsmanager/secret"))


@proves("SecretsManager.3")
def every_secret_is_read_by_a_task(stack: Stack) -> None:
    read = {
        item["valueFrom"].split(":secret:")[1].partition(":")[0] for c in stack.containers() for item in c["secrets"]
    }
    assert {secret.name for secret in stack.some("secretsmanager/secret")} <= read


@proves("KMS.1", "KMS.2")
def no_policy_decrypts_with_all_keys(stack: Stack) -> None:
    for statement in stack.statements():
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            assert not [resource for resource in listed(statement["Resource"]) if "*" in resource]


@proves("KMS.3")
def the_key_is_not_deleted_by_mistake(stack: Stack) -> None:
    for key in stack.some("kms/key"):
        assert key.protected
        assert key.inputs["deletionWindowInDays"] == 30


@proves("KMS.5")
def the_key_is_not_public(stack: Stack) -> None:
    for key in stack.some("kms/key"):
        for statement in json.loads(key.inputs["policy"])["Statement"]:
            assert "*" not in listed(statement["Principal"])
            assert "*" not in listed(statement["Principal"].get("AWS", []))


@proves("CKV_AWS_158")
def logs_are_encrypted_with_the_stacks_key(stack: Stack) -> None:
    assert all(group.inputs.get("kmsKeyId") for group in stack.some("cloudwatch/logGroup"))


@proves("CKV_AWS_338")
def logs_are_kept_for_a_year(stack: Stack) -> None:
    assert all(group.inputs["retentionInDays"] >= 365 for group in stack.some("cloudwatch/logGroup"))


def every_bucket_has(stack: Stack, kind: str) -> list[dict[str, Any]]:
    """The inputs of these resources, one for each bucket."""
    found = stack.some(kind)
    buckets = {bucket.name for bucket in stack.some("s3/bucket")}
    assert {item.inputs["bucket"].removesuffix("-1a2b3c4") for item in found} == buckets
    return [item.inputs for item in found]


@proves("S3.1")
def the_account_blocks_public_buckets(stack: Stack) -> None:
    assert stack.some("s3/accountPublicAccessBlock")


@proves("S3.2", "S3.3", "S3.8")
def no_bucket_is_public(stack: Stack) -> None:
    for block in every_bucket_has(stack, "s3/bucketPublicAccessBlock"):
        for rule in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
            assert block[rule] is True


@proves("S3.5")
def buckets_require_tls(stack: Stack) -> None:
    for policy in every_bucket_has(stack, "s3/bucketPolicy"):
        refusals = [item for item in json.loads(policy["policy"])["Statement"] if item["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [item["Condition"] for item in refusals]


@proves("S3.9")
def access_to_buckets_is_logged(stack: Stack) -> None:
    every_bucket_has(stack, "s3/bucketLogging")


@proves("S3.12")
def no_bucket_uses_access_control_lists(stack: Stack) -> None:
    assert not stack.all("s3/bucketAcl")
    assert not [
        bucket.name for bucket in stack.some("s3/bucket") if bucket.inputs.get("acl") or bucket.inputs.get("grants")
    ]


@proves("S3.13")
def incomplete_uploads_are_aborted(stack: Stack) -> None:
    for lifecycle in every_bucket_has(stack, "s3/bucketLifecycleConfiguration"):
        assert [rule for rule in lifecycle["rules"] if "abortIncompleteMultipartUpload" in rule]


@proves("IAM.1", "IAM.21")
def no_policy_grants_every_action_of_a_service(stack: Stack) -> None:
    for statement in stack.statements():
        assert not [action for action in listed(statement["Action"]) if "*" in action]


@proves("CKV_AWS_288", "CKV_AWS_355")
def no_policy_reaches_every_resource(stack: Stack) -> None:
    for statement in stack.statements():
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE


@proves("CKV_AWS_249")
def execution_role_and_task_role_differ(stack: Stack) -> None:
    for task in stack.some("ecs/taskDefinition"):
        assert task.inputs["executionRoleArn"] != task.inputs["taskRoleArn"]
