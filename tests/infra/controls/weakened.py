"""Careless edits of the declared stack, at least one for each control with a check of its own."""

import json
from collections.abc import Callable
from typing import Any

from tests.infra.controls.stack import Stack

Edit = Callable[[Stack], None]


def sets(kind: str, path: str, value: Any) -> Edit:
    """Set one property, named by its path, in every resource of a kind; None deletes it."""

    def edit(stack: Stack) -> None:
        for resource in stack.some(kind):
            put(resource.inputs, path.split("."), value)

    return edit


def put(inputs: Any, path: list[str], value: Any) -> None:
    """Set the value at the end of a path through mappings and lists."""
    *way, last = path
    for step in way:
        inputs = inputs[int(step)] if isinstance(inputs, list) else inputs[step]
    if value is None:
        del inputs[last]
    else:
        inputs[last] = value


def container(path: str, value: Any) -> Edit:
    """Set one property of the application's container, the last one of every task definition."""

    def edit(stack: Stack) -> None:
        for task in stack.some("ecs/taskDefinition"):
            containers = json.loads(task.inputs["containerDefinitions"])
            put(containers[-1], path.split("."), value)
            task.inputs["containerDefinitions"] = json.dumps(containers)

    return edit


def drops(kind: str) -> Edit:
    """Remove every resource of a kind."""

    def edit(stack: Stack) -> None:
        assert stack.some(kind)
        stack.resources = [resource for resource in stack.resources if resource.kind != kind]

    return edit


def gives_tasks_one_role(stack: Stack) -> None:
    """Use the execution role as the task role."""
    for task in stack.some("ecs/taskDefinition"):
        task.inputs["taskRoleArn"] = task.inputs["executionRoleArn"]


def document(kind: str, path: str, value: Any) -> Edit:
    """Set one property of the first statement of every policy of a kind."""

    def edit(stack: Stack) -> None:
        for policy in stack.some(kind):
            text = json.loads(policy.inputs["policy"])
            put(text["Statement"][0], path.split("."), value)
            policy.inputs["policy"] = json.dumps(text)

    return edit


def unprotects(kind: str) -> Edit:
    """Let Pulumi delete every resource of a kind."""

    def edit(stack: Stack) -> None:
        for resource in stack.some(kind):
            resource.protected = False

    return edit


def sets_parameter(name: str, value: str) -> Edit:
    """Set one parameter of every parameter group of the database."""

    def edit(stack: Stack) -> None:
        for group in stack.some("rds/parameterGroup"):
            (parameter,) = [one for one in group.inputs["parameters"] if one["name"] == name]
            parameter["value"] = value

    return edit


LISTENER, RULE = "lb/listener", "vpc/securityGroupIngressRule"
ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration"
DEFAULT_ENCRYPTION = "rules.0.applyServerSideEncryptionByDefault"

EDITS: list[tuple[str, Edit]] = [
    ("ECS.8", container("environment", [{"name": "DJANGO_SECRET_KEY", "value": "x"}])),
    (
        "ECS.18",
        sets("ecs/taskDefinition", "volumes", [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs"}}]),
    ),
    ("ELB.1", sets(LISTENER, "defaultActions.0.type", "forward")),
    ("ELB.13", sets("ec2/subnet", "availabilityZone", "us-east-1a")),
    ("ELB.16", drops("wafv2/webAclAssociation")),
    ("ELB.17", sets(LISTENER, "sslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06")),
    ("ACM.1", sets("acm/certificate", "validationMethod", "EMAIL")),
    ("RDS.46", sets("ec2/route", "routeTableId", "network-database-id")),
    ("RDS.8", unprotects("rds/instance")),
    ("RDS.20", drops("rds/eventSubscription")),
    ("RDS.38", sets_parameter("rds.force_ssl", "0")),
    ("CKV2_AWS_30", sets_parameter("log_statement", "none")),
    ("CKV_AWS_354", sets("rds/instance", "performanceInsightsKmsKeyId", "other")),
    ("EC2.18", sets(RULE, "fromPort", 22)),
    ("EC2.18", sets(RULE, "toPort", None)),
    ("EC2.18", sets("ec2/securityGroup", "ingress", [{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}])),
    ("EC2.19", sets(RULE, "toPort", 8080)),
    ("EC2.6", drops("ec2/flowLog")),
    ("ECR.3", drops("ecr/lifecyclePolicy")),
    ("SecretsManager.3", container("secrets", [])),
    ("KMS.1", document("iam/rolePolicy", "Action", "kms:Decrypt")),
    ("KMS.3", unprotects("kms/key")),
    ("KMS.5", document("kms/key", "Principal", "*")),
    ("S3.3", sets("s3/bucketPublicAccessBlock", "blockPublicPolicy", False)),
    ("S3.5", drops("s3/bucketPolicy")),
    ("CKV_AWS_21", sets("s3/bucketVersioning", "versioningConfiguration.status", "Suspended")),
    ("CKV_AWS_145", sets(ENCRYPTION, DEFAULT_ENCRYPTION, {"sseAlgorithm": "AES256"})),
    ("CKV_AWS_145", sets(ENCRYPTION, f"{DEFAULT_ENCRYPTION}.kmsMasterKeyId", "alias/aws/s3")),
    ("S3.12", sets("s3/bucket", "acl", "public-read")),
    ("S3.13", drops("s3/bucketLifecycleConfiguration")),
    ("IAM.21", document("iam/rolePolicy", "Action", "s3:*")),
    ("CKV_AWS_355", document("iam/rolePolicy", "Action", "s3:GetObject")),
    ("CKV_AWS_249", gives_tasks_one_role),
]
