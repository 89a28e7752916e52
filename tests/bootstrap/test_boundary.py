"""The boundary of the program's roles: it covers what they ask for, and nothing beyond the site's own needs."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from bootstrap import hosted
from bootstrap.boundary import boundary
from bootstrap.scope import Scope
from embedded_cloud.iam.evaluation import statements
from infra.permissions.permission import Permission
from infra.permissions.statements import check_size
from infra.problem import SettingsError
from tests.bootstrap.policy_evaluation import allowed
from tests.bootstrap.recorded import UNIQUE, run_bootstrap
from tests.infra.settings_helpers import load, only_problem
from tests.program.shapes import EXISTING_SECRETS, SHAPES
from tests.recorder import declared_with, plain

BOUNDARY = "arn:aws:iam::123456789012:policy/bootstrap/preqly-prod-boundary"
OWN = {"aws:ResourceTag/Project": "preqly", "aws:ResourceTag/Stack": "prod"}


def asked_for() -> list[tuple[str, str]]:
    """Action and resource of every permission that a role of the program has."""
    documents = {
        plain(policy.inputs["policy"])
        for shape in SHAPES.values()
        for policy in declared_with(**shape).all("iam/rolePolicy:RolePolicy")
    }
    shipped = json.loads(aws_managed_policies_data)["AmazonRDSEnhancedMonitoringRole"]["Document"]
    documents.add(shipped if isinstance(shipped, str) else json.dumps(shipped))
    return sorted(
        {
            (action, resource)
            for statement in statements(documents)
            if statement["Effect"] == "Allow"
            for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
            for resource in (
                [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]
            )
        }
    )


def test_it_covers_every_permission_of_the_programs_roles(scope: Scope) -> None:
    permissions = asked_for()
    assert len(permissions) > 20
    # The recorded programs have this stack's name.
    there, tags = replace(scope, stack="test"), {**OWN, "aws:ResourceTag/Stack": "test"}
    passed = {**tags, "iam:PassedToService": "ecs-tasks.amazonaws.com"}
    # Recorded roles have no path.
    roles = [(action, resource.replace(":role/", ":role/preqly/test/")) for action, resource in permissions]
    outside = [one for one in roles if not allowed([boundary(there)], *one, passed)]
    assert outside == [], "add them to bootstrap/boundary.py"


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("iam:CreateRole", "*", {}),
        ("iam:PassRole", "*", {}),
        ("sts:AssumeRole", "*", {}),
        ("secretsmanager:GetSecretValue", "*", {"aws:ResourceTag/Project": "other", "aws:ResourceTag/Stack": "prod"}),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/state-secrets", {}),
        ("s3:GetObject", "arn:aws:s3:::state-bucket-1a2b3c4/preqly/.pulumi/stacks/preqly/prod.json", {}),
        ("s3:GetObject", f"arn:aws:s3:::preqly-staging-media-{UNIQUE}/passport.jpg", OWN),
        ("s3:GetObject", f"arn:aws:s3:::preqly-prod-media-media-{UNIQUE}/passport.jpg", OWN),
        ("s3:GetObject", "arn:aws:s3:::media-files-1a2b3c4/passport.jpg", OWN),
        ("rds:DeleteDBInstance", "*", OWN),
        ("ecr:PutImage", "*", OWN),
        ("ses:SendEmail", "*", {"aws:RequestedRegion": "eu-west-1"}),
    ],
)
def test_it_allows_nothing_else(scope: Scope, action: str, resource: str, context: Any) -> None:
    assert not allowed([boundary(scope)], action, resource, context)


TEAM = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team-AbCdEf"


def test_it_reads_the_secrets_of_the_settings_and_no_other_one(scope: Scope) -> None:
    document = [boundary(scope)]
    assert allowed(document, "secretsmanager:GetSecretValue", TEAM)
    assert not allowed(document, "secretsmanager:GetSecretValue", TEAM.replace("team", "other"))
    assert not allowed([boundary(replace(scope, existing_secrets=()))], "secretsmanager:GetSecretValue", TEAM)
    parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/team/token"
    assert allowed(document, "ssm:GetParameters", parameter)
    assert not allowed(document, "ssm:GetParameters", f"{parameter}2")
    for encrypted, context in ((TEAM, "SecretARN"), (parameter, "PARAMETER_ARN")):
        key = "arn:aws:kms:us-east-1:123456789012:key/team"
        assert allowed(document, "kms:Decrypt", key, {f"kms:EncryptionContext:{context}": encrypted})
        assert not allowed(document, "kms:Decrypt", key, {f"kms:EncryptionContext:{context}": f"{encrypted}x"})


def test_a_managed_policy_holds_the_boundary_with_ten_secrets(scope: Scope) -> None:
    secrets = tuple(f"{TEAM.replace('team', 'n' * 90)}{number:02}" for number in range(10))
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert len(boundary(replace(scope, existing_secrets=secrets))) <= 6144


def test_the_bootstrap_stack_reads_the_secrets_from_the_hosted_stacks_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"existingSecrets": {**EXISTING_SECRETS, "WRONG": "team"}}
    setting = hosted.setting
    monkeypatch.setattr(hosted, "setting", lambda stack, key: found.get(key, setting(stack, key)))
    (policy,) = [one.inputs for one in run_bootstrap().all("iam/policy:Policy") if one.name == "pipeline-boundary"]
    assert TEAM in policy["policy"]


CALLS = Permission(actions=("sqs:SendMessage",), resources=("arn:aws:sqs:${region}:${account}:${project}-${stack}",))


def test_it_allows_what_the_manifest_of_the_application_asks_for_and_no_more(scope: Scope) -> None:
    document = [boundary(replace(scope, permissions=(CALLS,)))]
    queue = "arn:aws:sqs:us-east-1:123456789012:preqly-prod"
    assert allowed(document, "sqs:SendMessage", queue)
    assert not allowed(document, "sqs:DeleteQueue", queue)
    assert not allowed(document, "sqs:SendMessage", f"{queue}2")
    assert not allowed([boundary(scope)], "sqs:SendMessage", queue)


def test_the_longest_permissions_fit_and_are_refused_with_too_many_secrets(scope: Scope) -> None:
    permissions = (Permission(actions=("s3:GetObject",), resources=(f"arn:aws:s3:::{'a' * 60}/*",)),) * 27
    check_size(permissions)
    with pytest.raises(ValueError, match="have room for"):
        check_size((*permissions, *permissions[:5]))
    without = replace(scope, existing_secrets=(), permissions=permissions)
    assert len(boundary(without)) <= 6144
    secrets = tuple(f"{TEAM.replace('team', 'n' * 90)}{number:02}" for number in range(10))
    with pytest.raises(SettingsError, match="a managed policy of IAM has room for 6144"):
        boundary(replace(without, existing_secrets=secrets))


def test_the_bootstrap_stack_reads_the_permissions_from_the_hosted_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = hosted.setting
    application = {"application": str(tmp_path)}
    monkeypatch.setattr(hosted, "setting", lambda stack, key: application.get(key, setting(stack, key)))
    manifest = tmp_path / "hosting.toml"
    manifest.write_text('[[permissions]]\nactions = ["sqs:SendMessage"]\nresources = ["arn:aws:sqs:x:1:jobs"]')
    (policy,) = [one.inputs for one in run_bootstrap().all("iam/policy:Policy") if one.name == "pipeline-boundary"]
    assert allowed([policy["policy"]], "sqs:SendMessage", "arn:aws:sqs:x:1:jobs")
    manifest.write_text('[[permissions]]\nactions = ["sqs:*"]\nresources = ["arn:aws:sqs:x:1:jobs"]')
    with pytest.raises(SettingsError, match="has a wildcard"):
        run_bootstrap()


def test_the_setting_bounds_every_role_and_puts_it_under_the_stacks_path() -> None:
    found = declared_with(**SHAPES["production"], permissionsBoundary=BOUNDARY).all("iam/role:Role")
    assert len(found) > 3
    for role in found:
        assert (role.inputs["permissionsBoundary"], role.inputs["path"]) == (BOUNDARY, "/preqly/test/"), role.name


def test_without_the_setting_roles_are_as_before() -> None:
    for role in declared_with().all("iam/role:Role"):
        assert not {"permissionsBoundary", "path"} & set(role.inputs)


@pytest.mark.parametrize(
    "value", ["preqly-prod-boundary", "arn:aws:iam::123456789012:role/x", "arn:aws:iam::12:policy/x"]
)
def test_a_boundary_that_is_no_policy_is_refused_with_the_command_that_sets_it(value: str) -> None:
    problem = only_problem(permissionsBoundary=value)
    assert problem.key == "preqly:permissionsBoundary"
    assert "stack output permissions_boundary_arn" in problem.fix


def test_the_bootstrap_stacks_boundary_is_accepted() -> None:
    assert load(permissionsBoundary=BOUNDARY).permissions_boundary == BOUNDARY
