"""The preview role reads what resources are, and the state; no secret's value, file, log line or image."""

from typing import Any

import pytest

from bootstrap.scope import Scope
from tests.bootstrap.policy_evaluation import allowed, statements
from tests.bootstrap.recorded import MEDIA
from tests.program.shapes import SHAPES
from tests.recorder import declared_with

CONTENTS = {
    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:us-east-1:123456789012:secret:secrets-application-1a2b3c4",
    "secretsmanager:BatchGetSecretValue": "*",
    "kms:Decrypt": "arn:aws:kms:us-east-1:123456789012:key/key-data",
    "kms:GenerateDataKey": "arn:aws:kms:us-east-1:123456789012:key/key-data",
    "kms:CreateGrant": "arn:aws:kms:us-east-1:123456789012:key/key-data",
    "ssm:GetParameter": "arn:aws:ssm:us-east-1:123456789012:parameter/other/password",
    "ssm:GetParametersByPath": "arn:aws:ssm:us-east-1:123456789012:parameter/",
    "s3:GetObject": f"{MEDIA}/uploads/passport.jpg",
    "s3:GetObjectVersion": "arn:aws:s3:::state-bucket-1a2b3c4/preqly/.pulumi/stacks/preqly/prod.json",
    "s3:ListBucket": MEDIA,
    "logs:GetLogEvents": "*",
    "logs:FilterLogEvents": "*",
    "logs:StartQuery": "*",
    "ecr:BatchGetImage": "*",
    "ecr:GetDownloadUrlForLayer": "*",
    "ecs:ExecuteCommand": "*",
    "rds:DownloadDBLogFilePortion": "*",
    "rds-db:connect": "*",
    "sts:AssumeRole": "*",
    "iam:PassRole": "*",
    "ec2:GetPasswordData": "*",
    "lambda:GetFunction": "*",
}
"""Actions that return contents, or lead to other permissions."""
CHANGES = ("Add", "Associate", "Attach", "Create", "Delete", "Modify", "Put", "Register", "Run", "Set", "Update", "Tag")


@pytest.mark.parametrize("action", CONTENTS)
def test_it_reads_no_contents(roles: Any, action: str) -> None:
    assert not allowed(roles["preview"].policies, action, CONTENTS[action])


def test_it_changes_nothing(roles: Any) -> None:
    for statement in statements(roles["preview"].policies):
        for action in statement["Action"]:
            assert not action.partition(":")[2].startswith((*CHANGES, "*")), action


def test_it_loads_the_state_of_its_project_and_no_other(roles: Any, scope: Scope) -> None:
    policies = roles["preview"].policies
    checkpoint = f"{scope.state_bucket_arn}/preqly/.pulumi/stacks/preqly/prod.json"
    assert allowed(policies, "s3:GetObject", checkpoint)
    assert allowed(policies, "s3:ListBucket", str(scope.state_bucket_arn))
    assert allowed(policies, "kms:Decrypt", str(scope.state_key_arn))
    assert not allowed(policies, "s3:PutObject", checkpoint)
    assert not allowed(policies, "s3:GetObject", f"{scope.state_bucket_arn}/bootstrap/.pulumi/stacks/b/prod.json")


FUNCTIONS = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": ["ec2:DescribeAvailabilityZones"],
    # AWS answers it without a permission.
    "aws:index/getCallerIdentity:getCallerIdentity": [],
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": ["ecr:GetAuthorizationToken"],
    "aws:route53/getZone:getZone": ["route53:ListHostedZones", "route53:GetHostedZone"],
    "aws:sesv2/getEmailIdentity:getEmailIdentity": ["ses:GetEmailIdentity"],
    "aws:ssm/getParametersByPath:getParametersByPath": ["ssm:GetParametersByPath"],
}
"""Requests behind each function of the provider that the program calls."""


def test_it_answers_every_function_that_the_program_calls(roles: Any, scope: Scope) -> None:
    called = {call.token for shape in SHAPES.values() for call in declared_with(**shape).calls}
    assert called
    for token in called:
        for action in FUNCTIONS[token]:
            resource = scope.parameters if action.startswith("ssm:") else "*"
            assert allowed(roles["preview"].policies, action, resource), f"{token}: bootstrap/preview_policy.py"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("route53:ListHostedZonesByName", "*"),
        ("route53:GetHostedZone", "arn:aws:route53:::hostedzone/Z0"),
        ("route53:ListTagsForResource", "arn:aws:route53:::hostedzone/Z0"),
        ("ses:GetConfigurationSet", "*"),
        ("route53:ListResourceRecordSets", "arn:aws:route53:::hostedzone/Z0"),
        ("ses:GetEmailIdentity", "arn:aws:ses:us-east-1:123456789012:identity/preqly.com"),
        ("acm:DescribeCertificate", "*"),
        ("secretsmanager:DescribeSecret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:team-AbCdEf"),
        ("ssm:DescribeParameters", "*"),
        ("kms:DescribeKey", "arn:aws:kms:us-east-1:123456789012:key/team"),
        # The program reads the release record by its path, and SSM authorizes that against the path.
        ("ssm:GetParametersByPath", "arn:aws:ssm:us-east-1:123456789012:parameter/preqly/prod"),
        ("ssm:GetParameter", "arn:aws:ssm:us-east-1:123456789012:parameter/preqly/prod/releases"),
    ],
)
def test_it_reads_what_a_preview_looks_up_and_the_deploy_role_too(roles: Any, action: str, resource: str) -> None:
    assert allowed(roles["preview"].policies, action, resource)
    assert allowed(roles["deploy"].policies, action, resource)
