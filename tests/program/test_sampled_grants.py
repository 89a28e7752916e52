"""Each of twenty grants is needed: without it IAM refuses the call that it is for, and with it allows the call."""

from dataclasses import replace
from typing import Any

import pytest

from bootstrap.boundary import boundary
from bootstrap.scope import Scope
from embedded_cloud.iam.operations.call import Call
from infra.secrets.reference import SecretReference
from tests.aws_answers import ACCOUNT, REGION
from tests.program.planned import Planned
from tests.program.shapes import EXISTING_SECRETS, SHAPES
from tests.recorder import declared_with

HERE = "us-east-1:123456789012"
BUCKET = "preqly-test-media-22222222222222222200000001"
MEDIA = {"Bucket": BUCKET, "Key": "photos/1.jpg"}
MAIL = b"From: Preqly <no-reply@preqly.com>\nTo: mary@example.com\nSubject: Hello\n\nHello"
SIMPLE = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}
STREAM = {"logGroupName": "logs-application", "logStreamName": "web/web/1a2b"}
TOPIC = {"TopicArn": f"arn:aws:sns:{HERE}:alarms-topic", "Message": "failed"}
QUEUE = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/schedules-not-started"}
RUN = {
    "cluster": f"arn:aws:ecs:{HERE}:cluster/web-cluster",
    "taskDefinition": "preqly-test-command",
    "propagateTags": "TASK_DEFINITION",
    "overrides": {"taskRoleArn": "arn:aws:iam::123456789012:role/task-schedule"},
}
SECRET = {"SecretId": f"arn:aws:secretsmanager:{HERE}:secret:secrets-application"}
TEAM_PARAMETER = {"Names": [EXISTING_SECRETS["TEAM_TOKEN"]], "WithDecryption": True}
EXPIRED = {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": "photos/1.jpg"}]}}
RAW_MAIL = {"Content": {"Raw": {"Data": MAIL}}}
SIMPLE_MAIL = {"FromEmailAddress": "no-reply@preqly.com", "Content": {"Simple": SIMPLE}}
WEB, EXECUTION, SCHEDULER = "task-application", "task-execution", "schedules-scheduler"
SAMPLES: tuple[tuple[str, str, str, str, str, dict[str, Any]], ...] = (
    # Role, action, a text of its statement; service, operation and parameters of the call that needs it.
    (WEB, "s3:PutObject", BUCKET, "s3", "PutObject", MEDIA),
    (WEB, "s3:GetObject", BUCKET, "s3", "GetObject", MEDIA),
    (WEB, "s3:DeleteObject", BUCKET, "s3", "DeleteObjects", EXPIRED),
    (WEB, "s3:AbortMultipartUpload", BUCKET, "s3", "AbortMultipartUpload", {**MEDIA, "UploadId": "1"}),
    (WEB, "s3:ListBucket", BUCKET, "s3", "HeadObject", {"Bucket": BUCKET, "Key": "missing"}),
    (WEB, "kms:GenerateDataKey", "s3.us-east-1", "s3", "CreateMultipartUpload", MEDIA),
    (WEB, "kms:Decrypt", "s3.us-east-1", "s3", "GetObject", MEDIA),
    (WEB, "ses:SendRawEmail", "identity/preqly.com", "sesv2", "SendEmail", RAW_MAIL),
    (WEB, "ses:SendEmail", "identity/preqly.com", "sesv2", "SendEmail", SIMPLE_MAIL),
    (EXECUTION, "ecr:GetAuthorizationToken", "ecr", "ecr", "GetAuthorizationToken", {}),
    (EXECUTION, "ecr:BatchGetImage", "ecr", "ecr", "BatchGetImage", {"repositoryName": "registry-web"}),
    (EXECUTION, "secretsmanager:GetSecretValue", "secrets-application", "secretsmanager", "GetSecretValue", SECRET),
    (EXECUTION, "ssm:GetParameters", "parameter/team", "ssm", "GetParameters", TEAM_PARAMETER),
    (EXECUTION, "kms:Decrypt", "PARAMETER_ARN", "ssm", "GetParameters", TEAM_PARAMETER),
    (EXECUTION, "logs:PutLogEvents", "logs-application", "logs", "PutLogEvents", STREAM),
    ("task-schedule", "sns:Publish", "alarms-topic", "sns", "Publish", TOPIC),
    (SCHEDULER, "ecs:RunTask", "ecs:cluster", "ecs", "RunTask", RUN),
    (SCHEDULER, "iam:PassRole", "role/task-schedule", "ecs", "RunTask", RUN),
    (SCHEDULER, "kms:GenerateDataKey", "sqs.us-east-1", "sqs", "SendMessage", {**QUEUE, "MessageBody": "late"}),
    ("schedules-pipe", "sqs:ReceiveMessage", "schedules-not-started", "sqs", "ReceiveMessage", QUEUE),
)


@pytest.fixture(scope="module")
def planned() -> Planned:
    return Planned(declared_with(**SHAPES["public"]))


@pytest.mark.parametrize(
    ("role", "action", "text", "service", "operation", "parameters"),
    SAMPLES,
    ids=[" ".join(one[:2]) for one in SAMPLES],
)
def test_a_call_is_refused_without_its_grant(planned, role, action, text, service, operation, parameters):
    call = Call(service=service, operation=operation, parameters=parameters)
    assert planned.refused(role, call) == ""
    reason = f"because no identity-based policy allows the {action} action"
    assert planned.refused(role, call, without=(role, action, text)) == reason


@pytest.mark.parametrize(
    ("role", "service", "operation", "parameters"),
    # Under a boundary roles have a path, which the recorded program does not know.
    [(one[0], *one[3:]) for one in SAMPLES if one[1] != "iam:PassRole" and one[3] != "ecs"],
)
def test_the_boundary_of_the_pipelines_allows_the_call_too(planned, role, service, operation, parameters):
    scope = Scope(
        account=ACCOUNT,
        region=REGION,
        project="preqly",
        stack="test",
        zone="preqly.com",
        boundary_arn="",
        deploy_role_arn="",
        existing_secrets=tuple(SecretReference.parse(one).arn for one in EXISTING_SECRETS.values()),
    )
    call = Call(service=service, operation=operation, parameters=parameters)
    assert planned.refused(role, call, boundary=boundary(scope)) == ""
    other = replace(scope, stack="other", existing_secrets=())
    # Of these it limits the region alone.
    assert service in {"ecr", "logs", "sesv2"} or planned.refused(role, call, boundary=boundary(other))


def test_there_are_twenty_samples_of_different_grants():
    assert len({one[:3] for one in SAMPLES}) == 20


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("s3", "PutObject", {"Bucket": BUCKET, "Key": "static/site.js"}),
        ("s3", "GetObject", {"Bucket": "another", "Key": "a"}),
        ("sesv2", "SendEmail", {"FromEmailAddress": "boss@preqly.com", "Content": {"Simple": SIMPLE}}),
        ("secretsmanager", "GetSecretValue", SECRET),
        ("sns", "Publish", TOPIC),
    ],
)
def test_what_the_web_tasks_must_not_do_is_refused(planned, service, operation, parameters):
    assert planned.refused("task-application", Call(service=service, operation=operation, parameters=parameters))
