"""Careless edits of the declared stack, at least one for each control that it breaks."""

import json
from collections.abc import Callable
from typing import Any

from tests.infra.controls.stack import Resource, Stack

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


def adds(kind: str) -> Edit:
    """Declare a resource of a kind."""

    def edit(stack: Stack) -> None:
        stack.resources.append(Resource(kind=kind, name="added", inputs={}))

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


SERVICE, TASK, CLUSTER = "ecs/service", "ecs/taskDefinition", "ecs/cluster"
INSTANCE, PARAMETERS = "rds/instance", "rds/parameterGroup"
BALANCER, LISTENER, TARGETS = "lb/loadBalancer", "lb/listener", "lb/targetGroup"
REPOSITORY, RULE = "ecr/repository", "vpc/securityGroupIngressRule"

EDITS: list[tuple[str, Edit]] = [
    ("ECS.2", sets(SERVICE, "networkConfiguration.assignPublicIp", True)),
    ("ECS.3", sets(TASK, "networkMode", "host")),
    ("ECS.17", sets(TASK, "pidMode", "host")),
    ("ECS.4", container("privileged", True)),
    ("ECS.5", container("readonlyRootFilesystem", None)),
    ("ECS.8", container("environment", [{"name": "DJANGO_SECRET_KEY", "value": "x"}])),
    ("ECS.9", container("logConfiguration.logDriver", "none")),
    ("ECS.10", sets(SERVICE, "platformVersion", "1.3.0")),
    ("ECS.12", sets(CLUSTER, "settings.0.value", "disabled")),
    ("ECS.13", sets(SERVICE, "tags", {})),
    ("ECS.14", sets(CLUSTER, "tags", {})),
    ("ECS.15", sets(SERVICE, "propagateTags", "NONE")),
    ("ECS.18", sets(TASK, "volumes", [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs"}}])),
    ("ECS.20", container("user", None)),
    ("ELB.1", sets(LISTENER, "defaultActions.0.type", "forward")),
    ("ELB.4", sets(BALANCER, "dropInvalidHeaderFields", False)),
    ("ELB.5", sets(BALANCER, "accessLogs.enabled", False)),
    ("ELB.6", sets(BALANCER, "enableDeletionProtection", False)),
    ("ELB.12", sets(BALANCER, "desyncMitigationMode", "monitor")),
    ("ELB.13", sets("ec2/subnet", "availabilityZone", "us-east-1a")),
    ("ELB.16", drops("wafv2/webAclAssociation")),
    ("ELB.17", sets(LISTENER, "sslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06")),
    ("ELB.21", sets(TARGETS, "healthCheck.protocol", "HTTP")),
    ("ELB.22", sets(TARGETS, "protocol", "HTTP")),
    ("ACM.1", sets("acm/certificate", "validationMethod", "EMAIL")),
    ("ACM.2", sets("acm/certificate", "keyAlgorithm", "RSA_1024")),
    ("Route53.2", adds("route53/zone")),
    ("RDS.2", sets(INSTANCE, "publiclyAccessible", True)),
    ("RDS.46", sets("ec2/route", "routeTableId", "network-database-id")),
    ("RDS.3", sets(INSTANCE, "storageEncrypted", False)),
    ("RDS.5", sets(INSTANCE, "multiAz", False)),
    ("RDS.6", sets(INSTANCE, "monitoringInterval", 0)),
    ("RDS.8", sets(INSTANCE, "deletionProtection", False)),
    ("RDS.8", sets(INSTANCE, "skipFinalSnapshot", True)),
    ("RDS.8", unprotects(INSTANCE)),
    ("RDS.9", sets(INSTANCE, "enabledCloudwatchLogsExports", ["upgrade"])),
    ("RDS.10", sets(INSTANCE, "iamDatabaseAuthenticationEnabled", False)),
    ("RDS.11", sets(INSTANCE, "backupRetentionPeriod", 1)),
    ("RDS.13", sets(INSTANCE, "engineVersion", "17.4")),
    ("RDS.13", sets(INSTANCE, "autoMinorVersionUpgrade", False)),
    ("RDS.17", sets(INSTANCE, "copyTagsToSnapshot", False)),
    ("RDS.20", drops("rds/eventSubscription")),
    ("RDS.23", sets(INSTANCE, "port", 5432)),
    ("RDS.25", sets(INSTANCE, "username", "postgres")),
    ("RDS.38", sets(PARAMETERS, "parameters.0.value", "0")),
    ("CKV2_AWS_30", sets(PARAMETERS, "parameters.1.value", "none")),
    ("CKV_AWS_353", sets(INSTANCE, "performanceInsightsEnabled", False)),
    ("CKV_AWS_354", sets(INSTANCE, "performanceInsightsKmsKeyId", "other")),
    ("EC2.18", sets(RULE, "fromPort", 22)),
    ("EC2.18", sets(RULE, "toPort", None)),
    ("EC2.18", sets("ec2/securityGroup", "ingress", [{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}])),
    ("EC2.19", sets(RULE, "toPort", 8080)),
    ("EC2.2", sets("ec2/defaultSecurityGroup", "egress", [{"protocol": "-1"}])),
    ("EC2.6", drops("ec2/flowLog")),
    ("EC2.15", sets("ec2/subnet", "mapPublicIpOnLaunch", True)),
    ("ECR.1", sets(REPOSITORY, "imageScanningConfiguration.scanOnPush", False)),
    ("ECR.2", sets(REPOSITORY, "imageTagMutability", "MUTABLE")),
    ("ECR.3", drops("ecr/lifecyclePolicy")),
    ("ECR.5", sets(REPOSITORY, "encryptionConfigurations.0.encryptionType", "AES256")),
    ("SecretsManager.3", container("secrets", [])),
    ("KMS.1", document("iam/rolePolicy", "Action", "kms:Decrypt")),
    ("KMS.3", unprotects("kms/key")),
    ("KMS.5", document("kms/key", "Principal", "*")),
    ("CKV_AWS_158", sets("cloudwatch/logGroup", "kmsKeyId", None)),
    ("CKV_AWS_338", sets("cloudwatch/logGroup", "retentionInDays", 30)),
    ("S3.3", sets("s3/bucketPublicAccessBlock", "blockPublicPolicy", False)),
    ("S3.5", drops("s3/bucketPolicy")),
    ("S3.12", sets("s3/bucket", "acl", "public-read")),
    ("S3.13", drops("s3/bucketLifecycleConfiguration")),
    ("IAM.21", document("iam/rolePolicy", "Action", "s3:*")),
    ("CKV_AWS_355", document("iam/rolePolicy", "Action", "s3:GetObject")),
    ("CKV_AWS_249", gives_tasks_one_role),
]
