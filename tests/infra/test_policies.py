"""IAM policy documents, and the task roles that use them."""

import json
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import policies
from infra.ecs.task_roles import SecretAccess, TaskRoles, TaskRolesArgs
from infra.settings.environment_rules import MOST_CHARACTERS
from local.runtime import ROOT
from tests.infra.controls.data_and_iam import WITHOUT_RESOURCE
from tests.infra.controls.stack import listed
from tests.recorder import new_engine

REGION = st.sampled_from(["us-east-1", "eu-central-1", "ap-southeast-4"])
ACCOUNT = st.integers(10**11, 10**12 - 1).map(str)
NAME = st.text(alphabet="abyz09-", min_size=1, max_size=20)

DENY_STATIC_FILES = {
    "Effect": "Deny",
    "Action": ["s3:DeleteObject", "s3:PutObject"],
    "Resource": "arn:aws:s3:::media/static/*",
}


def statements(document: str) -> list[dict[str, Any]]:
    parsed = json.loads(document)
    assert parsed["Version"] == "2012-10-17"
    found: list[dict[str, Any]] = parsed["Statement"]
    return found


def actions(document: str) -> set[str]:
    """The actions that a document allows."""
    return {a for s in statements(document) if s["Effect"] == "Allow" for a in listed(s["Action"])}


def by_action(document: str, action: str) -> dict[str, Any]:
    (found,) = [s for s in statements(document) if action in listed(s["Action"])]
    return found


def arn(service: str, region: str, account: str, resource: str) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


@st.composite
def granted(draw: st.DrawFn) -> tuple[str, str, str]:
    """Policies of execution, task and migration role, for any names."""
    region, account, name = draw(REGION), draw(ACCOUNT), draw(NAME)
    execution = policies.execution_role(
        repository_arns=[arn("ecr", region, account, f"repository/{name}-{role}") for role in ("web", "proxy")],
        secret_arn=arn("secretsmanager", region, account, f"secret:{name}"),
        key_arn=arn("kms", region, account, f"key/{name}"),
        log_group_arn=arn("logs", region, account, f"log-group:{name}"),
    )
    bucket, key = f"arn:aws:s3:::{name}", arn("kms", region, account, f"key/{name}")
    task = policies.task_role(media_bucket_arn=bucket, key_arn=key)
    return execution, task, policies.migration_role(media_bucket_arn=bucket, key_arn=key)


@given(granted())
def test_neither_actions_nor_resources_are_wildcards_unless_aws_has_no_resource_type(
    documents: tuple[str, str, str],
) -> None:
    for statement in (statement for document in documents for statement in statements(document)):
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        resources = listed(statement["Resource"])
        if resources == ["*"]:
            assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE
        elif statement["Effect"] == "Allow":
            # A star may stand for the objects of one bucket or the streams of one group, never for their names.
            assert not [one for one in resources if "*" in one.removesuffix("/*").removesuffix(":log-stream:*")]


@given(granted())
def test_the_execution_role_and_the_others_share_no_action_but_decryption(documents: tuple[str, str, str]) -> None:
    execution, task, migration = map(actions, documents)
    assert execution & (task | migration) == {"kms:Decrypt"}
    assert not {action for action in task if action.startswith(("secretsmanager:", "ecr:"))}
    assert not {action for action in execution if action.startswith("s3:")}
    assert migration == {
        *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
        *("kms:Decrypt", "kms:GenerateDataKey"),
    }


@given(granted())
def test_the_execution_role_decrypts_the_secret_alone_and_the_others_media_files_alone(
    documents: tuple[str, str, str],
) -> None:
    execution, *others = (by_action(document, "kms:Decrypt") for document in documents)
    assert execution["Condition"]["StringEquals"]["kms:ViaService"].startswith("secretsmanager.")
    for statement in others:
        assert statement["Condition"]["StringEquals"]["kms:ViaService"].startswith("s3.")
        bucket, objects = statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:s3:arn"]
        assert bucket.startswith("arn:aws:s3:::")
        assert objects == f"{bucket}/*"


def test_a_task_starts_with_one_secret_one_key_two_repositories_and_one_log_group() -> None:
    document = policies.execution_role(
        repository_arns=["arn:aws:ecr:eu-west-1:1:repository/web", "arn:aws:ecr:eu-west-1:1:repository/proxy"],
        secret_arn="arn:aws:secretsmanager:eu-west-1:1:secret:app",
        key_arn="arn:aws:kms:eu-west-1:1:key/k",
        log_group_arn="arn:aws:logs:eu-west-1:1:log-group:app",
    )
    secret = by_action(document, "secretsmanager:GetSecretValue")
    assert secret["Resource"] == "arn:aws:secretsmanager:eu-west-1:1:secret:app"
    assert by_action(document, "ecr:BatchGetImage")["Resource"] == [
        "arn:aws:ecr:eu-west-1:1:repository/proxy",
        "arn:aws:ecr:eu-west-1:1:repository/web",
    ]
    logs = by_action(document, "logs:PutLogEvents")
    assert logs["Resource"] == "arn:aws:logs:eu-west-1:1:log-group:app:log-stream:*"
    decrypt = by_action(document, "kms:Decrypt")
    assert decrypt["Resource"] == "arn:aws:kms:eu-west-1:1:key/k"
    assert decrypt["Condition"] == {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}


@pytest.mark.parametrize(
    ("arn", "action", "service", "context"),
    [
        ("arn:aws:secretsmanager:eu-west-1:1:secret:a", "secretsmanager:GetSecretValue", "secretsmanager", "SecretARN"),
        ("arn:aws:ssm:us-east-2:1:parameter/a", "ssm:GetParameters", "ssm", "PARAMETER_ARN"),
    ],
)
def test_an_existing_secret_is_readable_alone_and_its_key_decrypts_nothing_else(
    arn: str, action: str, service: str, context: str
) -> None:
    document = policies.read_secrets({arn: "arn:aws:kms:eu-west-1:1:key/team", f"{arn}b": None})
    assert by_action(document, action) == {"Effect": "Allow", "Action": action, "Resource": [arn, f"{arn}b"]}
    decrypt = by_action(document, "kms:Decrypt")
    assert decrypt["Resource"] == ["arn:aws:kms:eu-west-1:1:key/team"]
    region = arn.split(":")[3]
    assert decrypt["Condition"] == {
        "StringEquals": {
            "kms:ViaService": [f"{service}.{region}.amazonaws.com"],
            f"kms:EncryptionContext:{context}": [arn],
        }
    }
    assert actions(policies.read_secrets({arn: None})) == {action}


def test_a_role_has_room_for_the_secrets_before_and_after_an_update() -> None:
    secret = f"arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:{'n' * 60}-AbCdEf"
    key = f"arn:aws:kms:ap-southeast-2:123456789012:key/{'0' * 36}"
    own = policies.execution_role(
        repository_arns=[secret, secret], secret_arn=secret, key_arn=key, log_group_arn=secret
    )
    # IAM does not count white space.
    platform = sum(len("".join(one.split())) for one in (own, policies.read_secrets({secret: key})))
    assert platform + 2 * MOST_CHARACTERS < 10_240


def test_a_bucket_refuses_plain_http_on_itself_and_its_objects() -> None:
    (deny,) = statements(policies.tls_only_bucket("arn:aws:s3:::media"))
    assert deny["Effect"] == "Deny"
    assert deny["Resource"] == ["arn:aws:s3:::media", "arn:aws:s3:::media/*"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_services_acting_for_this_account_publish_alarms() -> None:
    (allow,) = statements(policies.topic_publishers("arn:aws:sns:eu-west-1:123456789012:t", ["b.amazonaws.com"]))
    assert allow["Action"] == "sns:Publish"
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


@pytest.mark.parametrize("text", ["", "vpc-123", "arn:aws:s3"])
def test_other_text_than_an_arn_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not an ARN"):
        policies.Arn.parse(text)


def test_static_files_are_read_only_where_the_application_publishes_them() -> None:
    source = (ROOT / "packages/django-hosting/src/django_hosting/static_files.py").read_text()
    assert f'PREFIX = "{policies.STATIC_PREFIX}"' in source


SES = policies.SesSender(
    identity_arn="arn:aws:ses:us-east-1:123456789012:identity/app.preqly.com",
    configuration_set_arn="arn:aws:ses:us-east-1:123456789012:configuration-set/preqly-test",
    sender="no-reply@app.preqly.com",
)


def test_without_ses_the_application_may_not_send_mail() -> None:
    assert "ses:" not in policies.task_role(
        media_bucket_arn="arn:aws:s3:::media", key_arn="arn:aws:kms:us-east-1:1:key/k"
    )


ROLES = TaskRolesArgs(
    key_arn="arn:aws:kms:us-east-1:123456789012:key/k",
    secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:app",
    repository_arns=["arn:aws:ecr:us-east-1:123456789012:repository/web"],
    log_group_arn="arn:aws:logs:us-east-1:123456789012:log-group:app",
    media_bucket_arn="arn:aws:s3:::media",
    ses_sender=pulumi.Output.from_input(SES),
)
EXISTING = "arn:aws:ssm:us-east-1:123456789012:parameter/team/token"


@pytest.fixture(scope="module")
def roles() -> dict[str, dict[str, Any]]:
    """Trust and permissions of each task role, by logical name."""
    engine = new_engine()

    def program() -> Any:
        made = TaskRoles("task", ROLES)
        return [made.execution_role_arn, made.task_role_arn, made.migration_role_arn]

    arns = engine.run(program)
    names = ("task-execution", "task-application", "task-preparation")
    assert [one.rpartition("/")[2] for one in arns] == list(names)
    return {
        name: {
            "trust": engine.one("iam/role:Role", name)["assumeRolePolicy"],
            "policy": engine.one("iam/rolePolicy:RolePolicy", f"{name}-policy")["policy"],
            "attached to": engine.one("iam/rolePolicy:RolePolicy", f"{name}-policy")["role"],
        }
        for name in names
    }


def test_further_secrets_have_policies_on_the_execution_role(engine: Any) -> None:
    def program() -> None:
        made = SecretAccess(arn=pulumi.Output.from_input(EXISTING), key_arn=pulumi.Output.from_input("k"))
        existing = [SecretAccess(arn=EXISTING, key_arn=None), SecretAccess(arn=f"{EXISTING}2", key_arn=None)]
        TaskRoles("task", replace(ROLES, read_secrets={"environment": [made], "existing": existing}))

    engine.run(program)
    for name, resources in (("environment", [EXISTING]), ("existing", [EXISTING, f"{EXISTING}2"])):
        policy = engine.one("iam/rolePolicy:RolePolicy", f"task-execution-{name}")
        assert policy["role"].startswith("task-execution")
        assert by_action(policy["policy"], "ssm:GetParameters")["Resource"] == resources
    assert len(engine.all("iam/rolePolicy:RolePolicy")) == 5


def test_only_ecs_tasks_of_this_account_assume_the_roles(roles: dict[str, dict[str, Any]]) -> None:
    for name, role in roles.items():
        (trust,) = statements(role["trust"])
        assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"}
        assert role["attached to"].startswith(name)


def test_only_the_execution_role_reads_the_secret_and_only_the_others_read_media(
    roles: dict[str, dict[str, Any]],
) -> None:
    execution, application = actions(roles["task-execution"]["policy"]), actions(roles["task-application"]["policy"])
    assert "secretsmanager:GetSecretValue" in execution - application
    assert "s3:GetObject" in application - execution


def test_the_web_task_cannot_change_published_static_files(roles: dict[str, dict[str, Any]]) -> None:
    assert DENY_STATIC_FILES in statements(roles["task-application"]["policy"])
    assert "Deny" not in roles["task-preparation"]["policy"]


def test_the_web_task_alone_sends_mail_from_one_address_with_one_identity(roles: dict[str, dict[str, Any]]) -> None:
    assert by_action(roles["task-application"]["policy"], "ses:SendEmail") == {
        "Effect": "Allow",
        "Action": ["ses:SendEmail", "ses:SendRawEmail"],
        "Resource": [SES.configuration_set_arn, SES.identity_arn],
        "Condition": {"StringEquals": {"ses:FromAddress": "no-reply@app.preqly.com"}},
    }
    assert "ses:" not in roles["task-execution"]["policy"] + roles["task-preparation"]["policy"]
