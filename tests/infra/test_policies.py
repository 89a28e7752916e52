import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import policies
from local.runtime import ROOT

REGION = st.sampled_from(["us-east-1", "eu-central-1", "ap-southeast-4"])
ACCOUNT = st.from_regex(r"[0-9]{12}", fullmatch=True)
NAME = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)

# The only actions for which AWS's service authorization reference lists no resource type.
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}


def statements(document: str) -> list[dict[str, Any]]:
    parsed = json.loads(document)
    assert parsed["Version"] == "2012-10-17"
    found: list[dict[str, Any]] = parsed["Statement"]
    return found


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def arn(service: str, region: str, account: str, resource: str) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


@st.composite
def granted(draw: st.DrawFn) -> tuple[str, str]:
    """Both identity policies of a task, over any names."""
    region, account, name = draw(REGION), draw(ACCOUNT), draw(NAME)
    start = policies.task_start(
        repository_arns=[arn("ecr", region, account, f"repository/{name}-{role}") for role in ("web", "proxy")],
        secret_arn=arn("secretsmanager", region, account, f"secret:{name}"),
        key_arn=arn("kms", region, account, f"key/{name}"),
        log_group_arn=arn("logs", region, account, f"log-group:{name}"),
    )
    return start, policies.application(media_bucket_arn=f"arn:aws:s3:::{name}")


@given(granted())
def test_no_action_is_a_wildcard(documents: tuple[str, str]) -> None:
    for document in documents:
        for statement in statements(document):
            assert statement["Effect"] == "Allow"
            assert not [action for action in listed(statement["Action"]) if "*" in action]


@given(granted())
def test_no_resource_is_a_wildcard_unless_aws_knows_none(documents: tuple[str, str]) -> None:
    for document in documents:
        for statement in statements(document):
            if listed(statement["Resource"]) == ["*"]:
                assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE
            else:
                for resource in listed(statement["Resource"]):
                    # A star may stand for the objects of one bucket or the streams of one group, never for their names.
                    assert "*" not in resource.removesuffix("/*").removesuffix(":log-stream:*")


@given(granted())
def test_neither_role_gets_what_the_other_has(documents: tuple[str, str]) -> None:
    start, application = ({a for s in statements(d) for a in listed(s["Action"])} for d in documents)
    assert not start & application
    assert not {action for action in application if action.startswith(("secretsmanager:", "kms:", "ecr:"))}
    assert not {action for action in start if action.startswith("s3:")}


def by_action(document: str, action: str) -> dict[str, Any]:
    (found,) = [s for s in statements(document) if action in listed(s["Action"])]
    return found


START = policies.task_start(
    repository_arns=["arn:aws:ecr:eu-west-1:1:repository/web", "arn:aws:ecr:eu-west-1:1:repository/proxy"],
    secret_arn="arn:aws:secretsmanager:eu-west-1:1:secret:app",
    key_arn="arn:aws:kms:eu-west-1:1:key/k",
    log_group_arn="arn:aws:logs:eu-west-1:1:log-group:app",
)


def test_a_task_starts_with_one_secret_one_key_two_repositories_and_one_log_group() -> None:
    assert (
        by_action(START, "secretsmanager:GetSecretValue")["Resource"] == "arn:aws:secretsmanager:eu-west-1:1:secret:app"
    )
    assert by_action(START, "ecr:BatchGetImage")["Resource"] == [
        "arn:aws:ecr:eu-west-1:1:repository/proxy",
        "arn:aws:ecr:eu-west-1:1:repository/web",
    ]
    assert by_action(START, "logs:PutLogEvents")["Resource"] == "arn:aws:logs:eu-west-1:1:log-group:app:log-stream:*"


def test_the_key_decrypts_for_secrets_manager_only() -> None:
    decrypt = by_action(START, "kms:Decrypt")
    assert decrypt["Resource"] == "arn:aws:kms:eu-west-1:1:key/k"
    assert decrypt["Condition"] == {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}


def test_only_this_accounts_tasks_take_a_role() -> None:
    (trust,) = statements(policies.tasks_trust("arn:aws:kms:eu-west-1:123456789012:key/k"))
    assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"}


def test_a_bucket_refuses_plain_http_on_itself_and_its_objects() -> None:
    (deny,) = statements(policies.tls_only("arn:aws:s3:::media"))
    assert deny["Effect"] == "Deny"
    assert deny["Resource"] == ["arn:aws:s3:::media", "arn:aws:s3:::media/*"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_services_acting_for_this_account_publish_alarms() -> None:
    (allow,) = statements(policies.publish_to("arn:aws:sns:eu-west-1:123456789012:t", ["b.amazonaws.com"]))
    assert allow["Action"] == "sns:Publish"
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


@pytest.mark.parametrize("text", ["", "vpc-123", "arn:aws:s3"])
def test_what_is_no_arn_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not an ARN"):
        policies.Arn.parse(text)


MAIL = policies.Mail(
    identity_arn="arn:aws:ses:eu-west-1:1:identity/app.preqly.com",
    configuration_set_arn="arn:aws:ses:eu-west-1:1:configuration-set/preqly-prod",
    sender="no-reply@app.preqly.com",
)


def test_the_application_sends_for_one_identity_by_one_set_of_rules_and_from_one_address() -> None:
    document = policies.application(media_bucket_arn="arn:aws:s3:::media", mail=MAIL)
    assert by_action(document, "ses:SendEmail") == {
        "Effect": "Allow",
        "Action": ["ses:SendEmail", "ses:SendRawEmail"],
        "Resource": [MAIL.configuration_set_arn, MAIL.identity_arn],
        "Condition": {"StringEquals": {"ses:FromAddress": "no-reply@app.preqly.com"}},
    }


def test_an_application_that_does_not_send_through_ses_may_not() -> None:
    assert "ses:" not in policies.application(media_bucket_arn="arn:aws:s3:::media")


def test_static_files_are_kept_where_the_application_publishes_them() -> None:
    source = (ROOT / "app" / "core" / "static_files.py").read_text()
    assert f'PREFIX = "{policies.STATIC_PREFIX}"' in source


def test_the_preparation_of_a_release_has_files_and_nothing_else() -> None:
    document = policies.preparation(media_bucket_arn="arn:aws:s3:::media")
    actions = {action for statement in statements(document) for action in listed(statement["Action"])}
    assert actions == {"s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"}
