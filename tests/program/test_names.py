"""Physical names of the whole program under long and similar stack names, and under another project's name."""

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from tests.program.shapes import SHAPES
from tests.recorder import Recorder, new_engine, plain

EVERYTHING = {"cache": "valkey", **SHAPES["production"], "alarmEmail": "ops@example.org", "monthlyBudgetUsd": "200"}
"""Settings with every resource that has a name."""
RANDOM_PART = len("-1a2b3c4")
"""What Pulumi appends to the logical name of a resource without a name."""
PREFIXES = ("namePrefix", "bucketPrefix")
"""Properties with the beginning of a name; the provider appends 26 characters."""
LONG = "st" + "a" * 61
LONGEST, SIMILAR = f"st{'a' * 96}.b", f"st{'a' * 96}-b"
"""With the 100 characters that Pulumi allows."""

REQUESTS = {
    "cloudwatch/dashboard:Dashboard": ("dashboardName", "cloudwatch", "PutDashboard", "DashboardName"),
    "cloudwatch/logGroup:LogGroup": ("name", "logs", "CreateLogGroup", "logGroupName"),
    "cloudwatch/metricAlarm:MetricAlarm": ("name", "cloudwatch", "PutMetricAlarm", "AlarmName"),
    "ecr/repository:Repository": ("name", "ecr", "CreateRepository", "repositoryName"),
    "ecs/cluster:Cluster": ("name", "ecs", "CreateCluster", "clusterName"),
    "ecs/service:Service": ("name", "ecs", "CreateService", "serviceName"),
    "ecs/taskDefinition:TaskDefinition": ("family", "ecs", "RegisterTaskDefinition", "family"),
    "elasticache/parameterGroup:ParameterGroup": (
        "name",
        "elasticache",
        "CreateCacheParameterGroup",
        "CacheParameterGroupName",
    ),
    "elasticache/replicationGroup:ReplicationGroup": (
        "replicationGroupId",
        "elasticache",
        "CreateReplicationGroup",
        "ReplicationGroupId",
    ),
    "elasticache/subnetGroup:SubnetGroup": ("name", "elasticache", "CreateCacheSubnetGroup", "CacheSubnetGroupName"),
    "elasticache/user:User": ("userId", "elasticache", "CreateUser", "UserId"),
    "elasticache/userGroup:UserGroup": ("userGroupId", "elasticache", "CreateUserGroup", "UserGroupId"),
    "iam/role:Role": ("name", "iam", "CreateRole", "RoleName"),
    "iam/rolePolicy:RolePolicy": ("name", "iam", "PutRolePolicy", "PolicyName"),
    "kms/alias:Alias": ("name", "kms", "CreateAlias", "AliasName"),
    "lb/loadBalancer:LoadBalancer": ("name", "elbv2", "CreateLoadBalancer", "Name"),
    "lb/targetGroup:TargetGroup": ("name", "elbv2", "CreateTargetGroup", "Name"),
    "rds/eventSubscription:EventSubscription": ("name", "rds", "CreateEventSubscription", "SubscriptionName"),
    "rds/instance:Instance": ("identifier", "rds", "CreateDBInstance", "DBInstanceIdentifier"),
    "rds/parameterGroup:ParameterGroup": ("name", "rds", "CreateDBParameterGroup", "DBParameterGroupName"),
    "rds/subnetGroup:SubnetGroup": ("name", "rds", "CreateDBSubnetGroup", "DBSubnetGroupName"),
    "s3/bucket:Bucket": ("bucket", "s3", "CreateBucket", "Bucket"),
    "secretsmanager/secret:Secret": ("name", "secretsmanager", "CreateSecret", "Name"),
    "sesv2/configurationSet:ConfigurationSet": (
        "configurationSetName",
        "sesv2",
        "CreateConfigurationSet",
        "ConfigurationSetName",
    ),
    "sns/topic:Topic": ("name", "sns", "CreateTopic", "Name"),
    "ssm/parameter:Parameter": ("name", "ssm", "PutParameter", "Name"),
    "wafv2/webAcl:WebAcl": ("name", "wafv2", "CreateWebACL", "Name"),
}
"""The property that names a resource, and the parameter of AWS's API that it becomes."""
DOCUMENTED = {
    "cloudwatch/dashboard:Dashboard": (255, "[A-Za-z0-9_-]+"),
    "ecs/cluster:Cluster": (255, "[A-Za-z0-9_-]+"),
    "ecs/service:Service": (255, "[A-Za-z0-9_-]+"),
    "ecs/taskDefinition:TaskDefinition": (255, "[A-Za-z0-9_-]+"),
    "elasticache/parameterGroup:ParameterGroup": (255, "[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "elasticache/replicationGroup:ReplicationGroup": (40, "[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "elasticache/subnetGroup:SubnetGroup": (255, "[a-z0-9 ._-]+"),
    "elasticache/user:User": (40, "[a-z][a-z0-9-]*"),
    "elasticache/userGroup:UserGroup": (40, "[a-z][a-z0-9-]*"),
    "lb/loadBalancer:LoadBalancer": (32, "[A-Za-z0-9-]+"),
    "lb/targetGroup:TargetGroup": (32, "[A-Za-z0-9-]+"),
    "rds/eventSubscription:EventSubscription": (254, "[A-Za-z0-9-]+"),
    "rds/instance:Instance": (63, "[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "rds/parameterGroup:ParameterGroup": (255, "[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "rds/subnetGroup:SubnetGroup": (255, "[a-z0-9 ._-]+"),
    "s3/bucket:Bucket": (63, "[a-z0-9][a-z0-9.-]+[a-z0-9]"),
    "sesv2/configurationSet:ConfigurationSet": (64, "[A-Za-z0-9_-]+"),
    "sns/topic:Topic": (256, "[A-Za-z0-9_-]+"),
    "ssm/parameter:Parameter": (1011, "/[A-Za-z0-9_./-]+"),
    "metric of a web ACL": (255, "[A-Za-z0-9_-]+"),
}
"""Longest name and pattern from the API references of those services whose models do not carry them."""


@functools.cache
def declared(stack: str, project: str = "preqly") -> Recorder:
    engine = new_engine(project=project, stack=stack)
    engine.run_program(**EVERYTHING)
    return engine


@functools.cache
def limit_of(kind: str) -> tuple[int, str]:
    """Longest name, and the pattern that it matches."""
    if kind in DOCUMENTED:
        return DOCUMENTED[kind]
    _, service, operation, parameter = REQUESTS[kind]
    model: Any = botocore.session.get_session().get_service_model(service).operation_model(operation)
    limits = model.input_shape.members[parameter].metadata
    return limits["max"], limits.get("pattern", ".*")


def named(engine: Recorder) -> Iterator[tuple[str, str, str]]:
    """Kind, logical name and physical name of every resource that has one; an automatic name at its longest."""
    for one in engine.resources:
        kind = one.typ.removeprefix("aws:")
        if kind in REQUESTS:
            inputs = plain(one.inputs)
            prefix = next((inputs[name] for name in PREFIXES if name in inputs), None)
            automatic = f"{prefix}{'0' * 26}" if prefix else f"{one.name}{'-1a2b3c4'[:RANDOM_PART]}"
            yield kind, one.name, str(inputs.get(REQUESTS[kind][0], automatic))
            if metrics := inputs.get("visibilityConfig"):
                yield "metric of a web ACL", one.name, metrics["metricName"]


@pytest.mark.parametrize("stack", ["prod", LONG, LONGEST], ids=["short", "63", "100"])
def test_every_name_fits_its_service(stack: str) -> None:
    wrong = []
    for kind, logical, physical in named(declared(stack)):
        longest, pattern = limit_of(kind)
        if len(physical) > longest or not re.fullmatch(pattern, physical):
            wrong.append(f"{kind} {logical}: {physical} ({len(physical)} of {longest})")
    assert wrong == []


def test_no_two_stacks_share_a_name_that_holds_the_stacks() -> None:
    fixed, one, other = (
        {(kind, logical): name for kind, logical, name in named(declared(stack))}
        for stack in ("prod", LONGEST, SIMILAR)
    )
    with_stack = [key for key, name in fixed.items() if "prod" in name]
    assert len(with_stack) >= 5
    assert [key for key in with_stack if one[key] == other[key]] == []


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def test_whatever_holds_the_stacks_name_is_one_of_the_names_checked_here() -> None:
    """A new name is made in infra/naming.py, and its limit gets a line in REQUESTS or DOCUMENTED."""
    checked = {part for _, _, name in named(declared(LONG)) for part in (name, name[:-26])}
    unknown = [
        f"{one.typ} {one.name}.{name}: {text}"
        for one in declared(LONG).resources
        for name, value in plain(one.inputs).items()
        for text in strings(value)
        if name != "tags" and LONG[:20] in text and text not in checked and not text.startswith(("{", "[", '"', "arn:"))
    ]
    assert unknown == []


def test_another_projects_name_gives_the_same_resources_without_the_old_one() -> None:
    ours, theirs = declared("prod"), declared("prod", "films")
    assert {(one.typ, one.name) for one in theirs.resources} == {(one.typ, one.name) for one in ours.resources}
    kept = [
        f"{one.typ} {one.name}: {text[:80]}"
        for one in theirs.resources
        for text in strings(plain(one.inputs))
        if "preqly" in text.replace("preqly.com", "")
    ]
    assert kept == []
    assert "preqly" not in str(theirs.exports).replace("preqly.com", "")


def test_settings_of_a_renamed_project_stay_the_same() -> None:
    """All inputs differ by the project's name alone."""
    ours, theirs = (
        {
            (one.typ, one.name): json.dumps(plain(one.inputs), sort_keys=True, default=str)
            for one in declared("prod", project).resources
        }
        for project in ("preqly", "films")
    )
    assert {key: value.replace("films", "preqly") for key, value in theirs.items()} == ours


def test_the_key_of_the_last_snapshot_and_the_logs_are_marked_as_staying() -> None:
    staying = {one.name for one in declared("prod").resources if "RetainOnDelete" in (one.inputs.get("tags") or {})}
    assert {"key-data", "logs-application", "logs-network"} <= staying
    assert not staying & {"network-vpc", "web-service", "database-instance", "media-files"}
