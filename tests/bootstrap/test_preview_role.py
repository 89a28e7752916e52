"""The preview role reads what resources are, and the state; no secret's value, file, log line or image."""

from typing import Any

import pytest

from bootstrap.scope import Scope
from embedded_cloud.iam.evaluation import statements
from infra.provider.actions.requests import FUNCTIONS
from tests.bootstrap.policy_evaluation import allowed
from tests.bootstrap.recorded import MEDIA

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


def test_it_answers_every_function_that_the_program_calls(roles: Any, scope: Scope) -> None:
    for token, row in FUNCTIONS.items():
        for action in row.all:
            resource = scope.parameters if action.startswith("ssm:") else "*"
            assert allowed(roles["preview"].policies, action, resource), token


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
        # `python -m ops drift --no-contents`.
        ("tag:GetResources", "*"),
        ("ec2:DescribeSecurityGroupRules", "*"),
        ("scheduler:GetSchedule", "arn:aws:scheduler:us-east-1:123456789012:schedule/preqly-prod/digest"),
        ("sqs:GetQueueAttributes", "arn:aws:sqs:us-east-1:123456789012:schedules-not-started-1a2b3c4"),
        ("elasticache:DescribeReplicationGroups", "*"),
        ("pipes:DescribePipe", "*"),
        ("events:ListTargetsByRule", "*"),
    ],
)
def test_it_reads_what_a_preview_looks_up_and_the_deploy_role_too(roles: Any, action: str, resource: str) -> None:
    assert allowed(roles["preview"].policies, action, resource)
    assert allowed(roles["deploy"].policies, action, resource)


def test_it_asks_what_the_deploy_role_may_do_and_of_no_other_role(roles: Any, scope: Scope) -> None:
    for role in ("preview", "deploy"):
        assert allowed(roles[role].policies, "iam:SimulatePrincipalPolicy", scope.deploy_role_arn)
        for other in (roles["preview"].inputs["name"], "administrator"):
            arn = f"arn:aws:iam::123456789012:role/bootstrap/{other}"
            assert not allowed(roles[role].policies, "iam:SimulatePrincipalPolicy", arn)
