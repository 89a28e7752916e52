"""The boundary of the program's roles: it covers what they ask for, and nothing beyond the site's own needs."""

import json
from dataclasses import replace
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from bootstrap.boundary import boundary
from bootstrap.scope import Scope
from tests.bootstrap.policy_evaluation import allowed, statements
from tests.bootstrap.recorded import UNIQUE
from tests.infra.settings_helpers import load, only_problem
from tests.program.shapes import SHAPES
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
    outside = [one for one in permissions if not allowed([boundary(there)], *one, tags)]
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
