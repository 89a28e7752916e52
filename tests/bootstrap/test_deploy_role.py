"""The deploy role makes what the program declares, and cannot widen itself or touch what belongs to others."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from bootstrap import hosted
from bootstrap.boundary import boundary
from bootstrap.deploy_policies import TOPICS, deploy_policies
from bootstrap.scope import Scope
from embedded_cloud.iam.conditions import like
from infra import naming
from infra.policies import MONITORING_POLICY
from tests.bootstrap.policy_evaluation import allowed
from tests.bootstrap.recorded import MEDIA, TAGGED, UNIQUE, run_bootstrap
from tests.program.shapes import SHAPES
from tests.recorder import declared_with

ACCOUNT = "arn:aws:iam::123456789012"
OWN = {"aws:ResourceTag/Project": "preqly", "aws:ResourceTag/Stack": "prod"}
BOUNDED = {"iam:PermissionsBoundary": f"{ACCOUNT}:policy/bootstrap/preqly-prod-boundary"}
LINKED = f"{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
ROLE = f"{ACCOUNT}:role/preqly/prod/task-execution-1a2b3c4"

ROLE_CHANGES = (
    *("AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DetachRolePolicy", "PassRole"),
    *("PutRolePermissionsBoundary", "PutRolePolicy", "TagRole", "UpdateAssumeRolePolicy", "UpdateRole"),
)
OTHERS = (
    *("acm:DeleteCertificate", "ec2:DeleteVpc", "ecr:DeleteRepository", "ecs:DeleteService"),
    *("elasticloadbalancing:DeleteLoadBalancer", "kms:Decrypt", "kms:ScheduleKeyDeletion", "logs:DeleteLogGroup"),
    *(
        "elasticache:DeleteReplicationGroup",
        "rds:DeleteDBInstance",
        "rds:ModifyDBInstance",
        "wafv2:UpdateWebACL",
        "secretsmanager:DeleteSecret",
        "secretsmanager:GetSecretValue",
        "sns:DeleteTopic",
    ),
)
RESOURCES = {
    "iam": ROLE,
    "s3": MEDIA,
    "ssm": "arn:aws:ssm:us-east-1:123456789012:parameter/preqly/prod/releases",
}


def test_the_names_of_buckets_in_the_policies_are_the_programs(scope: Scope) -> None:
    # The recorded programs have this stack's name.
    there = replace(scope, stack="test")
    for shape in SHAPES.values():
        for bucket in declared_with(**shape).all("s3/bucket:Bucket"):
            arn = f"arn:aws:s3:::{bucket.inputs['bucketPrefix']}{UNIQUE}"
            assert any(like(pattern, arn) for pattern in there.buckets), bucket.name


STACKS = (("preqly", "prod"), ("preqly", "prod-media"), ("preqly", "staging"), ("films", "prod"), ("pre-qly", "prod"))


@pytest.mark.parametrize("documents", [deploy_policies, lambda there: {"": boundary(there)}], ids=["role", "boundary"])
@pytest.mark.parametrize("one", STACKS, ids=lambda one: "-".join(one) if isinstance(one, tuple) else one)
def test_a_stack_reaches_its_own_buckets_and_none_of_another_stack(
    scope: Scope, one: tuple[str, str], documents: Callable[[Scope], dict[str, str]]
) -> None:
    policies = documents(replace(scope, project=one[0], stack=one[1])).values()
    reached = {
        (other, role)
        for other in STACKS
        for role in (naming.MEDIA_BUCKET, naming.ACCESS_LOG_BUCKET)
        if reaches(policies, f"{naming.bucket_prefix(*other, role)}{UNIQUE}")
    }
    assert reached == {(one, naming.MEDIA_BUCKET), (one, naming.ACCESS_LOG_BUCKET)}


def test_a_stack_from_before_its_buckets_had_its_name_keeps_reaching_those_and_no_others() -> None:
    own = ["media-files-1a2b3c4", "access-logs-bucket-1a2b3c4"]
    odd = ["media-files", "media-files-1a2b3c4-backup", "state-bucket-1a2b3c4", "media-files-*"]
    bootstrap = run_bootstrap(buckets=[*own, *odd])
    tags = [{"key": "Project", "values": ["preqly"]}, {"key": "Stack", "values": ["prod"]}]
    (lookup,) = [call.args for call in bootstrap.calls if call.token == TAGGED]
    assert lookup == {"resourceTypeFilters": ["s3"], "tagFilters": tags}
    (limits,) = [one.inputs["policy"] for one in bootstrap.all("iam/policy:Policy") if "boundary" in one.name]
    for documents in (bootstrap.roles()["deploy"].policies, [limits]):
        reached = [name for name in (*own, *odd, "media-files-9z8y7x6") if reaches(documents, name)]
        assert reached == own
        assert allowed(documents, "s3:DeleteObject", f"{MEDIA}/a.jpg")


def reaches(documents: Iterable[str], bucket: str) -> bool:
    return allowed(documents, "s3:DeleteObject", f"arn:aws:s3:::{bucket}/a.jpg")


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("rds:CreateDBSnapshot", "*", {}),
        ("rds:RestoreDBInstanceToPointInTime", "*", {}),
        ("ecs:RunTask", "*", {}),
        ("ssm:PutParameter", RESOURCES["ssm"], {}),
        ("logs:GetLogEvents", "*", {}),
        ("secretsmanager:GetSecretValue", "*", OWN),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/key-data", OWN),
        (
            "iam:CreateServiceLinkedRole",
            f"{ACCOUNT}:role/aws-service-role/x",
            {"iam:AWSServiceName": "ecs.amazonaws.com"},
        ),
        ("iam:PassRole", ROLE, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
        ("iam:CreateRole", ROLE, BOUNDED),
    ],
)
def test_it_does_what_a_release_needs(roles: Any, action: str, resource: str, context: Any) -> None:
    assert allowed(roles["deploy"].policies, action, resource, context)


def test_it_cannot_create_a_role_that_exceeds_the_boundary(roles: Any) -> None:
    policies = roles["deploy"].policies
    other = {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}
    for action in ("CreateRole", "PutRolePolicy", "AttachRolePolicy", "PutRolePermissionsBoundary"):
        for context in ({}, other):
            assert not allowed(policies, f"iam:{action}", ROLE, {"iam:PolicyARN": MONITORING_POLICY, **context}), action
    assert not allowed(policies, "iam:DeleteRolePermissionsBoundary", ROLE, BOUNDED)
    administrator = {**BOUNDED, "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert not allowed(policies, "iam:AttachRolePolicy", ROLE, administrator)


@pytest.mark.parametrize("name", ["preqly-prod-deploy", "preqly-prod-preview"])
@pytest.mark.parametrize("action", ROLE_CHANGES)
def test_it_cannot_change_the_roles_of_the_pipelines(roles: Any, action: str, name: str) -> None:
    context = {**BOUNDED, "iam:PolicyARN": MONITORING_POLICY, "iam:PassedToService": "ecs-tasks.amazonaws.com"}
    for path in ("bootstrap/", "", "preqly/"):
        assert not allowed(roles["deploy"].policies, f"iam:{action}", f"{ACCOUNT}:role/{path}{name}", context)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreatePolicyVersion", f"{ACCOUNT}:policy/bootstrap/preqly-prod-boundary"),
        ("iam:SetDefaultPolicyVersion", f"{ACCOUNT}:policy/bootstrap/preqly-prod-deploy-roles"),
        ("iam:CreatePolicy", "*"),
        ("iam:CreateUser", "*"),
        ("iam:CreateAccessKey", "*"),
        ("iam:UpdateOpenIDConnectProviderThumbprint", "*"),
        ("iam:AddClientIDToOpenIDConnectProvider", "*"),
        ("iam:DeleteOpenIDConnectProvider", "*"),
        ("sts:AssumeRole", "*"),
        ("ec2:RunInstances", "*"),
        ("lambda:CreateFunction", "*"),
        ("ecs:ExecuteCommand", "*"),
        ("organizations:LeaveOrganization", "*"),
        ("route53:DeleteHostedZone", "*"),
        ("s3:GetObject", f"{MEDIA}/uploads/passport.jpg"),
        ("s3:DeleteBucket", "arn:aws:s3:::state-bucket-1a2b3c4"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::state-bucket-1a2b3c4"),
        ("s3:PutObject", "arn:aws:s3:::state-bucket-1a2b3c4/bootstrap/.pulumi/stacks/bootstrap/prod.json"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::state-bucket-1a2b3c4/preqly/.pulumi/stacks/preqly/prod.json"),
        ("kms:PutKeyPolicy", "arn:aws:kms:us-east-1:123456789012:key/state-secrets"),
        ("kms:ScheduleKeyDeletion", "arn:aws:kms:us-east-1:123456789012:key/state-secrets"),
        ("kms:TagResource", "arn:aws:kms:us-east-1:123456789012:key/state-secrets"),
    ],
)
def test_it_cannot_leave_its_scope(roles: Any, action: str, resource: str) -> None:
    assert not allowed(roles["deploy"].policies, action, resource, OWN)


@pytest.mark.parametrize("tags", [{}, {"aws:ResourceTag/Project": "other"}, {"aws:ResourceTag/Stack": "dev"}])
@pytest.mark.parametrize("action", OTHERS)
def test_it_leaves_resources_of_other_stacks_alone(roles: Any, action: str, tags: Any) -> None:
    kinds = {
        "elasticache": "elasticache:us-east-1:123456789012:replicationgroup:site",
        "rds": "rds:us-east-1:123456789012:db:site",
        "wafv2": "wafv2:us-east-1:123456789012:regional/webacl/a/1",
    }
    resource = f"arn:aws:{kinds.get(action.partition(':')[0], 'x')}"
    assert allowed(roles["deploy"].policies, action, resource, OWN)
    assert not allowed(roles["deploy"].policies, action, resource, {**OWN, **tags} if tags else {})


def test_a_database_may_use_rdss_own_option_group_which_has_no_tags(roles: Any) -> None:
    group = "arn:aws:rds:us-east-1:123456789012:og:default:postgres-17"
    assert allowed(roles["deploy"].policies, "rds:ModifyDBInstance", group)


def test_it_works_in_its_own_region_and_zone_only(roles: Any) -> None:
    policies, names = roles["deploy"].policies, "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    assert not allowed(policies, "rds:CreateDBInstance", context={"aws:RequestedRegion": "eu-west-1"})
    assert allowed(policies, "route53:ChangeResourceRecordSets", context={names: ["app.preqly.com", "preqly.com"]})
    assert not allowed(
        policies, "route53:ChangeResourceRecordSets", context={names: ["app.preqly.com", "bank.example"]}
    )


def test_it_writes_the_records_of_aliases_in_other_zones_and_the_proofs_of_their_certificate(scope: Scope) -> None:
    policies = deploy_policies(replace(scope, other_names=("www.preqly.io",))).values()
    names = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    for name in ("app.preqly.com", "www.preqly.io", "_0123456789abcdef.www.preqly.io"):
        assert allowed(policies, "route53:ChangeResourceRecordSets", context={names: [name]})
    for name in ("preqly.io", "shop.preqly.io", "a.www.preqly.io"):
        assert not allowed(policies, "route53:ChangeResourceRecordSets", context={names: [name]})


def test_the_bootstrap_stack_reads_the_aliases_from_the_hosted_stacks_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    setting, given = hosted.setting, {"aliases": ["www.preqly.com", "www.preqly.io"]}
    monkeypatch.setattr(hosted, "setting", lambda stack, key: given.get(key, setting(stack, key)))
    policies = "".join(run_bootstrap().roles()["deploy"].policies)
    assert '"www.preqly.io","_*.www.preqly.io"' in policies
    assert "www.preqly.com" not in policies


def test_it_keeps_its_state_and_uses_the_states_key(roles: Any, scope: Scope) -> None:
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        assert allowed(roles["deploy"].policies, action, f"{scope.state_bucket_arn}/preqly/.pulumi/locks/a.json")
    for action in ("kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"):
        assert allowed(roles["deploy"].policies, action, str(scope.state_key_arn)), action


def test_policies_are_within_iams_quotas(bootstrap: Any, roles: Any, scope: Scope) -> None:
    """6,144 characters in a managed policy, 2,048 in a trust policy, 10 policies on a role: IAM user guide, quotas."""
    assert tuple(deploy_policies(scope)) == TOPICS
    assert len(roles["deploy"].policies) == len(TOPICS) <= 10
    # With the longest names that settings and services allow.
    longest = 2 * (63 + 100) + 20
    for policy in bootstrap.all("iam/policy:Policy"):
        assert len(policy.inputs["policy"]) + longest < 6144, policy.name
    for role in roles.values():
        assert len(role.trust.replace(" ", "")) + 4 * 140 < 2048
