"""Controls that single properties decide, each with a careless value that breaks the control."""

from collections.abc import Callable
from typing import Any

from tests.infra.controls import data_and_iam, network
from tests.infra.controls.stack import CHECKS, Check, Resource, Stack, proves
from tests.infra.controls.weakened import Edit, container, sets

AREAS = (data_and_iam, network)
"""Importing them registers their checks, which the properties extend."""
CONTAINER = "container"
"""In place of a kind: every container of every task definition."""
SERVICE, TASK, CLUSTER = "ecs/service", "ecs/taskDefinition", "ecs/cluster"
INSTANCE, LOG_GROUP, DEFAULT_GROUP = "rds/instance", "cloudwatch/logGroup", "ec2/defaultSecurityGroup"
BALANCER, TARGETS, REPOSITORY = "lb/loadBalancer", "lb/targetGroup", "ecr/repository"
ANYTHING = [{"protocol": "-1"}]


def tagged(tags: Any) -> bool:
    return {"Project", "Stack"} <= set(tags)


def not_root(user: Any) -> bool:
    return (user or "0").partition(":")[0] not in ("0", "root")


def missing(value: Any) -> bool:
    return not value


def at_least(number: int) -> Callable[[Any], bool]:
    return lambda value: value >= number


def none_of(*wrong: Any) -> Callable[[Any], bool]:
    return lambda value: value not in wrong


def all_of(*needed: str) -> Callable[[Any], bool]:
    return lambda value: set(needed) <= set(value)


Row = tuple[str, str, str, Any, Any]
PROPERTIES: list[Row] = [
    ("ECS.2", SERVICE, "networkConfiguration.assignPublicIp", False, True),
    ("ECS.3", TASK, "networkMode", "awsvpc", "host"),
    ("ECS.17", TASK, "networkMode", "awsvpc", "host"),
    ("ECS.17", TASK, "pidMode", None, "host"),
    ("ECS.17", TASK, "ipcMode", None, "host"),
    ("ECS.4", CONTAINER, "privileged", False, True),
    ("ECS.5", CONTAINER, "readonlyRootFilesystem", True, None),
    ("ECS.9", CONTAINER, "logConfiguration.logDriver", "awslogs", "none"),
    ("ECS.10", SERVICE, "platformVersion", "LATEST", "1.3.0"),
    ("ECS.12", CLUSTER, "settings.0.name", "containerInsights", "other"),
    ("ECS.12", CLUSTER, "settings.0.value", "enhanced", "disabled"),
    ("ECS.13", SERVICE, "tags", tagged, {}),
    ("ECS.14", CLUSTER, "tags", tagged, {}),
    ("ECS.15", TASK, "tags", tagged, {}),
    ("ECS.15", SERVICE, "propagateTags", "SERVICE", "NONE"),
    ("ECS.20", CONTAINER, "user", not_root, None),
    ("ELB.4", BALANCER, "dropInvalidHeaderFields", True, False),
    ("ELB.5", BALANCER, "accessLogs.enabled", True, False),
    ("ELB.6", BALANCER, "enableDeletionProtection", True, False),
    ("ELB.12", BALANCER, "desyncMitigationMode", "strictest", "monitor"),
    ("ELB.21", TARGETS, "healthCheck.protocol", "HTTPS", "HTTP"),
    ("ELB.22", TARGETS, "protocol", "HTTPS", "HTTP"),
    # ACM's default is RSA 2048.
    ("ACM.2", "acm/certificate", "keyAlgorithm", none_of("RSA_1024"), "RSA_1024"),
    ("RDS.2", INSTANCE, "publiclyAccessible", False, True),
    ("RDS.3", INSTANCE, "storageEncrypted", True, False),
    ("RDS.3", INSTANCE, "kmsKeyId", bool, None),
    ("RDS.5", INSTANCE, "multiAz", True, False),
    ("RDS.6", INSTANCE, "monitoringInterval", at_least(1), 0),
    ("RDS.6", INSTANCE, "monitoringRoleArn", bool, None),
    ("RDS.8", INSTANCE, "deletionProtection", True, False),
    ("RDS.8", INSTANCE, "skipFinalSnapshot", False, True),
    ("RDS.8", INSTANCE, "finalSnapshotIdentifier", bool, None),
    ("RDS.9 RDS.36", INSTANCE, "enabledCloudwatchLogsExports", all_of("postgresql", "upgrade"), ["upgrade"]),
    ("RDS.10", INSTANCE, "iamDatabaseAuthenticationEnabled", True, False),
    ("RDS.11", INSTANCE, "backupRetentionPeriod", at_least(7), 1),
    ("RDS.13", INSTANCE, "autoMinorVersionUpgrade", True, False),
    ("RDS.13", INSTANCE, "engineVersion", lambda version: "." not in version, "17.4"),
    ("RDS.17", INSTANCE, "copyTagsToSnapshot", True, False),
    ("RDS.23", INSTANCE, "port", none_of(5432), 5432),
    ("RDS.25", INSTANCE, "username", none_of("postgres", "admin"), "postgres"),
    ("CKV_AWS_353", INSTANCE, "performanceInsightsEnabled", True, False),
    ("EC2.2", DEFAULT_GROUP, "ingress", missing, ANYTHING),
    ("EC2.2", DEFAULT_GROUP, "egress", missing, ANYTHING),
    ("EC2.15", "ec2/subnet", "mapPublicIpOnLaunch", False, True),
    ("ECR.1", REPOSITORY, "imageScanningConfiguration.scanOnPush", True, False),
    ("ECR.2", REPOSITORY, "imageTagMutability", "IMMUTABLE", "MUTABLE"),
    ("ECR.5", REPOSITORY, "encryptionConfigurations.0.encryptionType", "KMS", "AES256"),
    ("ECR.5", REPOSITORY, "encryptionConfigurations.0.kmsKey", bool, None),
    ("KMS.3", "kms/key", "deletionWindowInDays", 30, 7),
    ("CKV_AWS_26", "sns/topic", "kmsMasterKeyId", bool, None),
    ("CKV_AWS_158", LOG_GROUP, "kmsKeyId", bool, None),
    ("CKV_AWS_338", LOG_GROUP, "retentionInDays", at_least(365), 30),
]
"""Controls, kind of resource, path of the property, its value or a predicate, and a careless value; None deletes it."""

DECLARED = {"S3.1": "s3/accountPublicAccessBlock", "EC2.172": "vpc/blockPublicAccessOptions"}
NOT_DECLARED = {"ECS.16": "ecs/taskSet", "Route53.2 CKV2_AWS_38 CKV2_AWS_39": "route53/zone"}
"""Controls that ask for a resource of a kind, and those that allow none."""

EDITS: list[tuple[str, Edit]] = [
    (controls.split()[0], container(path, wrong) if kind == CONTAINER else sets(kind, path, wrong))
    for controls, kind, path, _, wrong in PROPERTIES
]


def value_at(inputs: Any, path: str) -> Any:
    for step in path.split("."):
        inputs = inputs[int(step)] if isinstance(inputs, list) else inputs.get(step)
    return inputs


def check_of(rows: list[Row], also: Check | None) -> Check:
    def check(stack: Stack) -> None:
        for _, kind, path, right, _ in rows:
            found = list(stack.containers()) if kind == CONTAINER else [one.inputs for one in stack.some(kind)]
            for value in (value_at(inputs, path) for inputs in found):
                assert right(value) if callable(right) else value == right, f"{kind} {path} is {value}"
        if also:
            also(stack)

    return check


def declares(kind: str, wanted: bool) -> Check:
    def check(stack: Stack) -> None:
        assert bool(stack.all(kind)) is wanted

    return check


def adds(kind: str) -> Edit:
    return lambda stack: stack.resources.append(Resource(kind=kind, name="added", inputs={}))


for names in dict.fromkeys(row[0] for row in PROPERTIES):
    # A control of several properties may have a check of its own too.
    proves(*names.split())(check_of([row for row in PROPERTIES if row[0] == names], CHECKS.pop(names, None)))
for names, kind in DECLARED.items():
    proves(names)(declares(kind, wanted=True))
for names, kind in NOT_DECLARED.items():
    proves(*names.split())(declares(kind, wanted=False))
    EDITS.append((names.split()[0], adds(kind)))
