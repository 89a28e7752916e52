"""Database, containers, registry, secrets, keys, buckets and IAM."""

import json
import re
from typing import Any

from tests.infra.controls.stack import Check, Stack, listed, proves

# The only actions for which AWS's service authorization reference lists no resource type.
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}


@proves("ECR.3")
def a_lifecycle_policy_expires_images(stack: Stack) -> None:
    governed = {policy.inputs["repository"].removesuffix("-1a2b3c4") for policy in stack.some("ecr/lifecyclePolicy")}
    assert {repository.name for repository in stack.some("ecr/repository")} == governed


@proves("SecretsManager.1", "SecretsManager.2", "SecretsManager.4", "CKV2_AWS_57")
def aws_rotates_every_secret(stack: Stack) -> None:
    assert len(stack.some("secretsmanager/secretRotation")) == len(stack.some("secretsmanager/secret"))


@proves("CKV2_AWS_34")
def parameters_are_encrypted(stack: Stack) -> None:
    assert {parameter.inputs["type"] for parameter in stack.some("ssm/parameter")} == {"SecureString"}


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
def pulumi_protects_the_key(stack: Stack) -> None:
    assert all(key.protected for key in stack.some("kms/key"))


@proves("KMS.5")
def the_key_is_not_public(stack: Stack) -> None:
    for key in stack.some("kms/key"):
        for statement in json.loads(key.inputs["policy"])["Statement"]:
            assert "*" not in listed(statement["Principal"])
            assert "*" not in listed(statement["Principal"].get("AWS", []))


def every_bucket_has(stack: Stack, kind: str) -> list[dict[str, Any]]:
    """The inputs of these resources, one for each bucket."""
    found = stack.some(kind)
    # No two of them are of one bucket.
    assert len({item.inputs["bucket"] for item in found}) == len(found) == len(stack.some("s3/bucket"))
    return [item.inputs for item in found]


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


@proves("S3.9", "CKV_AWS_18")
def access_to_buckets_is_logged(stack: Stack) -> None:
    every_bucket_has(stack, "s3/bucketLogging")


@proves("CKV_AWS_21")
def buckets_keep_versions(stack: Stack) -> None:
    for versioning in every_bucket_has(stack, "s3/bucketVersioning"):
        assert versioning["versioningConfiguration"]["status"] == "Enabled"


@proves("CKV_AWS_144")
def buckets_are_copied_to_another_region(stack: Stack) -> None:
    every_bucket_has(stack, "s3/bucketReplicationConfig")


@proves("CKV_AWS_145")
def buckets_are_encrypted_with_the_stacks_key(stack: Stack) -> None:
    for encryption in every_bucket_has(stack, "s3/bucketServerSideEncryptionConfiguration"):
        for rule in encryption["rules"]:
            default = rule["applyServerSideEncryptionByDefault"]
            assert default["sseAlgorithm"] == "aws:kms"
            assert default["kmsMasterKeyId"].rpartition("/")[2] in {key.name for key in stack.some("kms/key")}


@proves("CKV2_AWS_62")
def buckets_notify_of_changes(stack: Stack) -> None:
    every_bucket_has(stack, "s3/bucketNotification")


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


def parameters(stack: Stack) -> dict[str, str]:
    (group,) = stack.some("rds/parameterGroup")
    return {item["name"]: item["value"] for item in group.inputs["parameters"]}


def subscribes(source: str, *categories: str) -> Check:
    """A check for a subscription to these event categories of one kind of source."""

    def check(stack: Stack) -> None:
        found = [item.inputs for item in stack.all("rds/eventSubscription") if item.inputs["sourceType"] == source]
        assert any(set(categories) <= set(item["eventCategories"]) for item in found), f"no subscription for {source}"

    return check


proves("RDS.19")(subscribes("db-cluster", "maintenance", "failure"))
proves("RDS.20")(subscribes("db-instance", "maintenance", "configuration change", "failure"))
proves("RDS.21")(subscribes("db-parameter-group", "configuration change"))
proves("RDS.22")(subscribes("db-security-group", "configuration change", "failure"))


@proves("RDS.46")
def the_database_is_not_reachable_from_the_internet(stack: Stack) -> None:
    (group,) = stack.some("rds/subnetGroup")
    tables = {item.inputs["subnetId"]: item.inputs["routeTableId"] for item in stack.some("ec2/routeTableAssociation")}
    outward = {route.inputs["routeTableId"] for route in stack.some("ec2/route")}
    assert not {tables[subnet] for subnet in group.inputs["subnetIds"]} & outward


@proves("RDS.8")
def pulumi_protects_the_database(stack: Stack) -> None:
    assert all(instance.protected for instance in stack.some("rds/instance"))


@proves("RDS.38")
def connections_without_tls_are_refused(stack: Stack) -> None:
    assert parameters(stack)["rds.force_ssl"] == "1"


@proves("CKV2_AWS_30")
def schema_changes_and_slow_statements_are_logged(stack: Stack) -> None:
    assert parameters(stack)["log_statement"] in ("ddl", "mod", "all")
    assert int(parameters(stack)["log_min_duration_statement"]) > 0


@proves("CKV_AWS_354")
def performance_insights_are_encrypted_with_the_stacks_key(stack: Stack) -> None:
    for instance in stack.some("rds/instance"):
        assert instance.inputs["performanceInsightsKmsKeyId"] == instance.inputs["kmsKeyId"]


@proves("ECS.8")
def no_secret_is_in_the_environment(stack: Stack) -> None:
    secret = re.compile("SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL|DATABASE_URL|ECS_ENGINE_AUTH_DATA", re.IGNORECASE)
    for container in stack.containers():
        assert not [item["name"] for item in container["environment"] if secret.search(item["name"])]


@proves("ECS.18")
def volumes_shared_over_the_network_are_encrypted_on_the_way(stack: Stack) -> None:
    for task in stack.some("ecs/taskDefinition"):
        for volume in task.inputs.get("volumes", []):
            efs = volume.get("efsVolumeConfiguration", {"transitEncryption": "ENABLED"})
            assert efs.get("transitEncryption") == "ENABLED"
