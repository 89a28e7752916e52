"""The policy of the application's permissions: filled in, within IAM's quotas, and of nothing that the stack owns."""

import json
from functools import partial
from typing import Any

import pulumi
import pytest

from infra import policies
from infra.composition import service
from infra.ecs.task_roles import TaskRoles, TaskRolesArgs
from infra.foundation.vpc_endpoints import SERVICES
from infra.permissions.permission import Permission
from infra.permissions.policy import OwnedResourceError, application_policy
from infra.permissions.statements import MOST_CHARACTERS, without_endpoint
from tests.infra.settings_helpers import settings
from tests.recorder import Recorder, new_engine

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:secrets-application-1a2b3c4-AbCdEf"
BUCKET = "arn:aws:s3:::media-files-1a2b3c4"
QUEUE = "arn:aws:sqs:${region}:${account}:${project}-${stack}-jobs"


def permission(action: str, *resources: str, **more: Any) -> Permission:
    return Permission(actions=(action,), resources=resources, **more)


SENDING = permission(
    "sqs:SendMessage", QUEUE, conditions={"StringEquals": {"aws:PrincipalAccount": ("${account}", "210987654321")}}
)
LABELS = permission("rekognition:DetectLabels", "*")


def policy(*permissions: Permission) -> list[dict[str, Any]]:
    owned = [SECRET, BUCKET, f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:logs-application"]
    text = application_policy(permissions, project="films", stack="prod", key_arn=KEY, owned=owned)
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements


def test_placeholders_become_the_stacks_account_region_and_names() -> None:
    sending, labels = policy(SENDING, LABELS)
    assert sending == {
        "Effect": "Allow",
        "Action": ["sqs:SendMessage"],
        "Resource": [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:films-prod-jobs"],
        "Condition": {"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, "210987654321"]}},
    }
    assert labels == {"Effect": "Allow", "Action": ["rekognition:DetectLabels"], "Resource": ["*"]}


def test_messages_to_phone_numbers_are_no_messages_to_topics() -> None:
    (sms,) = policy(permission("sns:Publish", "*"))
    assert sms == {"Effect": "Allow", "Action": ["sns:Publish"], "NotResource": "arn:aws:sns:*:*:*"}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("kms:Decrypt", KEY),
        ("kms:Decrypt", "arn:aws:kms:${region}:${account}:key/1234"),
        ("secretsmanager:GetSecretValue", SECRET),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:${region}:${account}:secret:secrets-*"),
        ("secretsmanager:GetSecretValue", f"{SECRET[:-6]}??????"),
        ("s3:DeleteBucket", BUCKET),
        ("s3:PutObject", f"{BUCKET}/static/*"),
        ("logs:DeleteLogStream", "arn:aws:logs:${region}:${account}:log-group:logs-application:*"),
        ("logs:DeleteLogStream", "arn:aws:logs:${region}:${account}:log-group:logs-application:log-stream:a"),
        ("ssm:PutParameter", "arn:aws:ssm:${region}:${account}:parameter/films/prod/releases"),
        ("ssm:PutParameter", "arn:aws:ssm:${region}:${account}:parameter/${project}/*"),
    ],
)
def test_what_the_stack_owns_is_refused_by_its_place(action: str, resource: str) -> None:
    with pytest.raises(OwnedResourceError) as refused:
        policy(LABELS, permission(action, f"arn:aws:{action.partition(':')[0]}:::key/other", resource))
    (problem,) = refused.value.problems
    assert problem.key == "hosting.toml: permissions[1].resources[1]"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", f"{BUCKET}5/*"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:${region}:${account}:secret:stripe-*"),
        ("ssm:GetParameter", "arn:aws:ssm:${region}:${account}:parameter/films/staging/*"),
        ("kms:Decrypt", f"{KEY}5"),
    ],
)
def test_what_has_a_similar_name_is_the_applications(action: str, resource: str) -> None:
    assert len(policy(permission(action, resource))) == 1


def test_a_role_has_room_for_the_platforms_and_the_applications_policy() -> None:
    """10,240 characters for the inline policies of a role: IAM user guide, quotas."""
    ses = policies.SesSender(
        identity_arn=f"arn:aws:ses:ap-southeast-4:{ACCOUNT}:identity/{'a' * 253}",
        configuration_set_arn=f"arn:aws:ses:ap-southeast-4:{ACCOUNT}:configuration-set/{'a' * 64}",
        sender="a" * 254,
    )
    platform = policies.task_role(media_bucket_arn=f"arn:aws:s3:::{'b' * 63}", key_arn=f"{KEY}{'k' * 40}", ses=ses)
    # Placeholders that are replaced by the longest names make the statements longer than the rule measures.
    assert len(platform) + MOST_CHARACTERS + 15 * 2 * 80 < 10_240


def test_services_without_an_endpoint_are_named() -> None:
    reading = permission("s3:GetObject", "arn:aws:s3:::films/*")
    secret = permission("secretsmanager:GetSecretValue", f"{SECRET[:-6]}x")
    asking = permission("bedrock:InvokeModel", "arn:aws:bedrock:${region}::foundation-model/anthropic.claude")
    lines = list(without_endpoint([SENDING, reading, secret, asking], "eu-west-1", (*SERVICES, "s3")))
    assert [line.split()[4].rstrip(",") for line in lines] == ["bedrock", "sqs"]
    assert "com.amazonaws.eu-west-1.bedrock-runtime" in lines[0]
    assert "com.amazonaws.eu-west-1.sqs" in lines[1]


@pytest.mark.parametrize(("egress", "warned"), [("endpoints", 2), ("gateway", 0)])
def test_the_warning_is_for_tasks_without_internet(monkeypatch: pytest.MonkeyPatch, egress: str, warned: int) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    new_engine().run(lambda: service._report_permissions(settings(egress=egress), [SENDING, LABELS]))
    assert len(warnings) == warned


def test_a_preview_says_each_statement_and_an_update_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for preview in (True, False):
        said: list[str] = []
        monkeypatch.setattr(pulumi.log, "info", said.append)
        bounded = settings(permissions_boundary="arn:aws:iam::123456789012:policy/bootstrap/b")
        new_engine(preview=preview).run(partial(service._report_permissions, bounded, [SENDING, LABELS]))
        assert len(said) == (3 if preview else 0)
        if preview:
            assert said[0].startswith(f"the application may call sqs:SendMessage on {QUEUE} when ")
            assert said[1] == "the application may call rekognition:DetectLabels on *"
            assert "docs/permissions.md" in said[2]


def task_roles(*permissions: Permission) -> Recorder:
    engine = new_engine()
    args = TaskRolesArgs(
        key_arn=KEY,
        secret_arn=SECRET,
        repository_arns=[f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/web"],
        log_group_arn=f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:logs-application",
        media_bucket_arn=BUCKET,
        permissions=permissions,
    )
    engine.run(lambda: TaskRoles("task", args).task_role_arn)
    return engine


def test_web_and_one_off_tasks_get_the_policy_and_what_starts_them_does_not() -> None:
    named = {one.name: one.inputs for one in task_roles(SENDING).all("iam/rolePolicy:RolePolicy")}
    own = {name for name in named if name.endswith("-permissions")}
    assert own == {"task-application-permissions", "task-preparation-permissions"}
    for name in own:
        (statement,) = json.loads(named[name]["policy"])["Statement"]
        assert statement["Resource"] == [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:preqly-test-jobs"]
        assert named[name]["role"].startswith(name.removesuffix("-permissions"))


def test_without_permissions_nothing_is_declared() -> None:
    assert len(task_roles().all("iam/rolePolicy:RolePolicy")) == 3
