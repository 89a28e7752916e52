"""Permissions of hosting.toml: too much, the platform's own work, and what allows nothing is refused with a fix."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra.application.manifest import Manifest
from infra.application.manifest_file import read_manifest
from infra.permissions.services import WITHOUT_RESOURCE
from infra.permissions.statements import MOST_CHARACTERS
from infra.problem import Problem

QUEUE = "arn:aws:sqs:${region}:${account}:jobs"
OBJECTS = "arn:aws:s3:::films/*"


def problems(folder: Path, *permissions: dict[str, Any]) -> list[Problem]:
    """What is wrong in a manifest with these permissions."""
    lines = []
    for one in permissions:
        lines.append("[[permissions]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in one.items() if key != "conditions"]
        for operator, keys in one.get("conditions", {}).items():
            lines.append(f"[permissions.conditions.{json.dumps(operator)}]")
            lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in keys.items()]
    (folder / "hosting.toml").write_text("\n".join(lines))
    return read_manifest(folder)[1]


@pytest.mark.parametrize(
    ("actions", "resources"),
    [
        (["s3:GetObject", "s3:PutObject"], [OBJECTS]),
        (["s3:ListBucket"], ["arn:aws:s3:::films"]),
        (["s3:GetObject"], ["arn:aws:s3:::films/uploads/*.jpg", "arn:aws:s3:::films-${stack}/?/*"]),
        (["sqs:SendMessage"], [QUEUE, "arn:aws:sqs:eu-west-1:123456789012:${project}-${stack}-*"]),
        (["bedrock:InvokeModel"], ["arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-*"]),
        (["dynamodb:Query"], ["arn:aws:dynamodb:${region}:${account}:table/films/index/*"]),
        (["secretsmanager:GetSecretValue"], ["arn:aws:secretsmanager:${region}:${account}:secret:stripe-??????"]),
        (["kms:Decrypt"], ["arn:aws:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab"]),
        (["sts:AssumeRole"], ["arn:aws:iam::210987654321:role/reports"]),
        (["logs:PutLogEvents"], ["arn:aws:logs:${region}:${account}:log-group:/films:*"]),
        (["rds-data:ExecuteStatement"], ["arn:aws:rds:${region}:${account}:cluster:reports"]),
        (["rekognition:DetectLabels", "cloudwatch:PutMetricData"], ["*"]),
        (["sns:Publish"], ["*"]),
        (["sns:Publish"], ["arn:aws:sns:${region}:${account}:news"]),
    ],
)
def test_what_names_its_resources_is_accepted(tmp_path: Path, actions: list[str], resources: list[str]) -> None:
    assert problems(tmp_path, {"actions": actions, "resources": resources}) == []


@pytest.mark.parametrize(
    ("actions", "resources", "key", "rule"),
    [
        (["*"], [OBJECTS], "actions[0]", "has a wildcard"),
        (["s3:*"], [OBJECTS], "actions[0]", "has a wildcard"),
        (["s3:GetObject", "s3:Put*"], [OBJECTS], "actions[1]", "has a wildcard"),
        (["s3.GetObject"], [OBJECTS], "actions[0]", "is not an action"),
        (["GetObject"], [OBJECTS], "actions[0]", "is not an action"),
        (["iam:PassRole"], ["arn:aws:iam::1:role/x"], "actions[0]", "iam decides who may do what in the account"),
        (["organizations:LeaveOrganization"], ["*"], "actions[0]", "decides who may do what"),
        (["ecs:RunTask"], ["arn:aws:ecs:x:1:task-definition/y"], "actions[0]", "changes or starts infrastructure"),
        (["rds:DeleteDBInstance"], ["arn:aws:rds:x:1:db:y"], "actions[0]", "changes or starts infrastructure"),
        (["kms:PutKeyPolicy"], ["arn:aws:kms:x:1:key/y"], "actions[0]", "legal of kms: Decrypt"),
        (["sts:GetFederationToken"], ["arn:aws:iam::1:role/x"], "actions[0]", "legal of sts: AssumeRole"),
        (["s3:GetObject"], ["films/*"], "resources[0]", "is not an ARN"),
        (["s3:GetObject"], ["arn:aws-cn:s3:::films/*"], "resources[0]", "is not an ARN"),
        (["s3:GetObject"], ["arn:aws:s3:::*"], "resources[0]", "stands for more than it names"),
        (["s3:GetObject"], ["arn:aws:s3:::films-*/*"], "resources[0]", "stands for more than it names"),
        (["sqs:SendMessage"], ["arn:aws:sqs:*:${account}:jobs"], "resources[0]", "wildcard as region or account"),
        (["sqs:SendMessage"], ["arn:aws:sqs:${region}:*:jobs"], "resources[0]", "wildcard as region or account"),
        (["sqs:SendMessage"], ["arn:aws:sqs:${region}:${account}:*"], "resources[0]", "stands for more"),
        (["dynamodb:Query"], ["arn:aws:dynamodb:${region}:${account}:table/*"], "resources[0]", "stands for more"),
        (["dynamodb:Query"], ["arn:aws:dynamodb:x:1:table/*/index/a"], "resources[0]", "stands for more"),
        (["dynamodb:Query"], ["arn:aws:dynamodb:x:1:table/films*/index/a"], "resources[0]", "stands for more"),
        (["secretsmanager:GetSecretValue"], ["arn:aws:secretsmanager:x:1:secret:*"], "resources[0]", "stands for more"),
        (["logs:PutLogEvents"], ["arn:aws:logs:x:1:log-group:/*"], "resources[0]", "stands for more"),
        (["kms:Decrypt"], ["arn:aws:kms:x:1:key/*"], "resources[0]", "stands for more"),
        (["kms:Decrypt"], ["arn:aws:kms:x:1:alias/films"], "resources[0]", "stands for more"),
        (["sts:AssumeRole"], ["arn:aws:iam::1:role/*"], "resources[0]", "stands for more"),
        (["sts:AssumeRole"], ["arn:aws:iam::1:user/x"], "resources[0]", "stands for more"),
        (["sqs:SendMessage"], ["arn:aws:sqs:${regoin}:1:x"], "resources[0]", '"${regoin}" is unknown'),
        (["sqs:SendMessage"], ["arn:aws:sqs:x:1:${aws:username}"], "resources[0]", "is unknown"),
        (["s3:GetObject"], ["*"], "", '"*" allows s3:GetObject on everything in the account'),
        (["sts:AssumeRole"], ["*"], "", '"*" allows sts:AssumeRole on everything'),
        (["sns:Publish"], ["+4915112345678"], "resources[0]", 'a phone number, which has no ARN; write "*"'),
        (["sns:Publish", "sns:GetSMSAttributes"], ["*"], "", "a statement of its own"),
        (["s3:GetObject"], ["*", OBJECTS], "", "stands for all resources; write it alone"),
        (["rekognition:DetectLabels"], [OBJECTS], "", "has no resource in IAM"),
        (["s3:GetObject", "sqs:SendMessage"], [OBJECTS], "", "sqs:SendMessage allows nothing on these resources"),
        ([], [OBJECTS], "actions", "at least 1"),
    ],
)
def test_the_rest_is_refused_by_its_key(
    tmp_path: Path, actions: list[str], resources: list[str], key: str, rule: str
) -> None:
    (problem,) = problems(tmp_path, {"actions": actions, "resources": resources})
    assert problem.key == f"hosting.toml: permissions[0]{'.' if key else ''}{key}"
    assert rule in f"{problem.rule}; {problem.fix}"
    assert problem.fix


def test_all_wrong_parts_are_named_together(tmp_path: Path) -> None:
    wrong = {"actions": ["s3:*", "iam:CreateUser"], "resources": ["*films"]}
    found = problems(tmp_path, {"actions": ["s3:GetObject"], "resources": [OBJECTS]}, wrong)
    parts = ("actions[0]", "actions[1]", "resources[0]")
    assert [one.key for one in found] == [f"hosting.toml: permissions[1].{part}" for part in parts]


@pytest.mark.parametrize(
    ("conditions", "rule"),
    [
        (
            {"StringEquals": {"aws:SourceVpc": "vpc-1"}, "ForAllValues:StringLikeIfExists": {"s3:prefix": ["a", "b"]}},
            "",
        ),
        ({"Bool": {"aws:SecureTransport": "true"}, "Null": {"aws:TokenIssueTime": "false"}}, ""),
        ({"StringEqual": {"aws:SourceVpc": "vpc-1"}}, "no operator StringEqual"),
        ({"StringEquals": {"SourceVpc": "vpc-1"}}, "is not a condition key"),
        ({"StringEquals": {"aws:PrincipalAccount": "${acount}"}}, "is unknown"),
    ],
)
def test_conditions_have_operators_and_keys_that_iam_knows(
    tmp_path: Path, conditions: dict[str, Any], rule: str
) -> None:
    found = problems(tmp_path, {"actions": ["s3:GetObject"], "resources": [OBJECTS], "conditions": conditions})
    assert len(found) == bool(rule)
    assert all(rule in one.rule and one.fix for one in found)


def test_more_than_iam_has_room_for_is_refused(tmp_path: Path) -> None:
    buckets = [f"arn:aws:s3:::{'a' * 50}-{number:03}/*" for number in range(70)]
    (problem,) = problems(tmp_path, {"actions": ["s3:GetObject"], "resources": buckets})
    assert problem.key == "hosting.toml: permissions"
    assert f"IAM's policies have room for {MOST_CHARACTERS}" in problem.rule
    assert problems(tmp_path, {"actions": ["s3:GetObject"], "resources": buckets[:50]}) == []


def test_a_manifest_without_permissions_has_none() -> None:
    assert Manifest().permissions == ()


def test_the_page_lists_the_actions_without_a_resource_and_its_example_is_accepted(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "permissions.md").read_text()
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert tomllib.loads(example)["permissions"]
    (tmp_path / "hosting.toml").write_text(example)
    assert read_manifest(tmp_path)[1] == []
    rows = dict(row.split(" | ") for row in page.splitlines() if row.startswith("| `"))
    listed = {
        f"{service.strip('| `')}:{name}" for service, names in rows.items() for name in names.strip(" |").split(", ")
    }
    assert listed == WITHOUT_RESOURCE
