"""What calls ask IAM for: actions, resources and condition keys, from the parameters that boto3 takes."""

from typing import Any

import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict

from embedded_cloud.iam.operations.call import Call, UnknownOperationError
from embedded_cloud.iam.operations.table import SERVICES, requests
from embedded_cloud.iam.resources import MotoResources, Stored, TaskDefinition
from support.clouds import service_model

HERE = "us-east-1:123456789012"
KEY = f"arn:aws:kms:{HERE}:key/1"
MAIL = b"From: Preqly <a@mail.example.com>\r\nTo: Ann <ann@example.org>\r\nSubject: s\r\n\r\nx"


class Account:
    """Resources of which each that may be encrypted has the key 1."""

    def bucket(self, name: str) -> Stored:
        return Stored(f"arn:aws:s3:::{name}", KEY if name == "media" else "", bucket_key=True)

    def has_object(self, bucket: str, key: str) -> bool:
        return key != "none"

    def secret(self, identifier: str) -> Stored:
        return Stored(f"arn:aws:secretsmanager:{HERE}:secret:{identifier}-AbCdEf", KEY)

    def parameter(self, name: str) -> Stored:
        return Stored(f"arn:aws:ssm:{HERE}:parameter{name}", KEY)

    def queue(self, name: str) -> Stored:
        return Stored(f"arn:aws:sqs:{HERE}:{name}", KEY if name == "secret" else "")

    def topic(self, arn: str) -> Stored:
        return Stored(arn, KEY)

    def key(self, identifier: str) -> str:
        return f"arn:aws:kms:{HERE}:key/{identifier}"

    def policy(self, arn: str) -> str:
        return ""

    def sender(self, address: str) -> tuple[str, str]:
        return "example.com", "site"

    def task_definition(self, name: str) -> TaskDefinition:
        return TaskDefinition(f"arn:aws:ecs:{HERE}:task-definition/{name}:3", "arn:task", "arn:execution")

    def role(self, name: str) -> tuple[str, str]:
        return f"arn:aws:iam::123456789012:role/site/{name}", "arn:boundary"

    def tags(self, arn: str) -> dict[str, str]:
        return {}


def asked(service: str, operation: str, **parameters: Any) -> list[str]:
    """`action resource`, for each request."""
    found = requests(Call(service=service, operation=operation, parameters=parameters), Account())
    return [f"{one.action} {one.resource}" for one in found]


def context(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    """Condition keys of the last request."""
    return dict(requests(Call(service=service, operation=operation, parameters=parameters), Account())[-1].context)


MEDIA = {"Bucket": "media", "Key": "a/b"}
OBJECT = "arn:aws:s3:::media/a/b"
GENERATE, DECRYPT = f"kms:GenerateDataKey {KEY}", f"kms:Decrypt {KEY}"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:s-AbCdEf"
PARAMETER, STREAM = f"arn:aws:ssm:{HERE}:parameter/a", f"arn:aws:logs:{HERE}:log-group:g:log-stream:s"
TAG = {"Key": "Stack", "Value": "prod"}
FILMS = f"arn:aws:dynamodb:{HERE}:table/films"
TASKS = f"arn:aws:ecs:{HERE}:task/web"


@pytest.mark.parametrize(
    ("call", "parameters", "needed"),
    [
        ("s3 GetObject", MEDIA, [f"s3:GetObject {OBJECT}", DECRYPT]),
        ("s3 GetObject", {**MEDIA, "VersionId": "1"}, [f"s3:GetObjectVersion {OBJECT}", DECRYPT]),
        ("s3 HeadObject", MEDIA, [f"s3:GetObject {OBJECT}"]),
        (
            "s3 HeadObject",
            {"Bucket": "b", "Key": "none"},
            ["s3:GetObject arn:aws:s3:::b/none", "s3:ListBucket arn:aws:s3:::b"],
        ),
        (
            "s3 PutObject",
            {**MEDIA, "Tagging": "a=b"},
            [f"s3:PutObject {OBJECT}", f"s3:PutObjectTagging {OBJECT}", GENERATE],
        ),
        (
            "s3 CopyObject",
            {**MEDIA, "CopySource": "b/c"},
            ["s3:GetObject arn:aws:s3:::b/c", f"s3:PutObject {OBJECT}", GENERATE],
        ),
        (
            "s3 DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "c"}]}},
            ["s3:DeleteObject arn:aws:s3:::b/c"],
        ),
        ("s3 ListObjectsV2", {"Bucket": "b"}, ["s3:ListBucket arn:aws:s3:::b"]),
        ("s3 GetBucketEncryption", {"Bucket": "b"}, ["s3:GetEncryptionConfiguration arn:aws:s3:::b"]),
        ("sqs SendMessageBatch", {"QueueUrl": "http://x/1/q"}, [f"sqs:SendMessage arn:aws:sqs:{HERE}:q"]),
        (
            "sqs ReceiveMessage",
            {"QueueUrl": "http://x/1/secret"},
            [f"sqs:ReceiveMessage arn:aws:sqs:{HERE}:secret", DECRYPT],
        ),
        (
            "sns Publish",
            {"TopicArn": f"arn:aws:sns:{HERE}:t"},
            [f"sns:Publish arn:aws:sns:{HERE}:t", GENERATE, DECRYPT],
        ),
        ("sns Unsubscribe", {"SubscriptionArn": f"arn:aws:sns:{HERE}:t:1"}, [f"sns:Unsubscribe arn:aws:sns:{HERE}:t"]),
        ("secretsmanager GetSecretValue", {"SecretId": "s"}, [f"secretsmanager:GetSecretValue {SECRET}", DECRYPT]),
        ("ssm GetParameters", {"Names": ["/a"], "WithDecryption": True}, [f"ssm:GetParameters {PARAMETER}", DECRYPT]),
        ("ssm GetParameter", {"Name": "/a"}, [f"ssm:GetParameter {PARAMETER}"]),
        ("kms Decrypt", {"CiphertextBlob": b"1" * 36 + b"rest"}, [f"kms:Decrypt arn:aws:kms:{HERE}:key/{'1' * 36}"]),
        ("logs PutLogEvents", {"logGroupName": "g", "logStreamName": "s"}, [f"logs:PutLogEvents {STREAM}"]),
        ("ecr BatchGetImage", {"repositoryName": "web"}, [f"ecr:BatchGetImage arn:aws:ecr:{HERE}:repository/web"]),
        ("ecr GetAuthorizationToken", {}, ["ecr:GetAuthorizationToken *"]),
        (
            "ecs RunTask",
            {"cluster": "web", "taskDefinition": "job"},
            [
                f"ecs:RunTask arn:aws:ecs:{HERE}:task-definition/job:3",
                "iam:PassRole arn:task",
                "iam:PassRole arn:execution",
            ],
        ),
        ("ecs StopTask", {"cluster": "web", "task": "1"}, [f"ecs:StopTask {TASKS}/1"]),
        (
            "ecs ExecuteCommand",
            {"cluster": "web", "task": "1"},
            [f"ecs:ExecuteCommand {TASKS}/1", f"ecs:ExecuteCommand arn:aws:ecs:{HERE}:cluster/web"],
        ),
        ("cloudwatch PutMetricData", {"Namespace": "n"}, ["cloudwatch:PutMetricData *"]),
        ("sts AssumeRole", {"RoleArn": "arn:r"}, ["sts:AssumeRole arn:r"]),
        ("sts GetCallerIdentity", {}, []),
        ("iam PutRolePolicy", {"RoleName": "r"}, ["iam:PutRolePolicy arn:aws:iam::123456789012:role/site/r"]),
        ("elbv2 DescribeLoadBalancers", {}, ["elasticloadbalancing:DescribeLoadBalancers *"]),
        (
            "rds CreateDBInstance",
            {"DBInstanceIdentifier": "d", "MonitoringRoleArn": "arn:m"},
            [f"rds:CreateDBInstance arn:aws:rds:{HERE}:db:d", "iam:PassRole arn:m"],
        ),
        (
            "scheduler CreateSchedule",
            {"Name": "s", "Target": {"RoleArn": "arn:r"}},
            [f"scheduler:CreateSchedule arn:aws:scheduler:{HERE}:schedule/default/s", "iam:PassRole arn:r"],
        ),
        ("dynamodb GetItem", {"TableName": "films"}, [f"dynamodb:GetItem {FILMS}"]),
        ("dynamodb Query", {"TableName": "films", "IndexName": "year"}, [f"dynamodb:Query {FILMS}/index/year"]),
        ("dynamodb BatchWriteItem", {"RequestItems": {"films": []}}, [f"dynamodb:BatchWriteItem {FILMS}"]),
        (
            "dynamodb TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "films"}}, {"ConditionCheck": {"TableName": "films"}}]},
            [f"dynamodb:PutItem {FILMS}", f"dynamodb:ConditionCheckItem {FILMS}"],
        ),
        (
            "events PutEvents",
            {"Entries": [{"Source": "site"}, {"Source": "site"}]},
            [f"events:PutEvents arn:aws:events:{HERE}:event-bus/default"],
        ),
        (
            "lambda Invoke",
            {"FunctionName": "f", "Qualifier": "live"},
            [f"lambda:InvokeFunction arn:aws:lambda:{HERE}:function:f:live"],
        ),
    ],
)
def test_a_call_needs_actions_on_resources(call: str, parameters: dict[str, Any], needed: list[str]) -> None:
    assert asked(*call.split(), **parameters) == needed


def test_raw_mail_has_an_action_of_its_own_on_identity_and_default_configuration_set() -> None:
    resources = [f"arn:aws:ses:{HERE}:identity/example.com", f"arn:aws:ses:{HERE}:configuration-set/site"]
    raw = {"Content": {"Raw": {"Data": MAIL}}}
    assert asked("sesv2", "SendEmail", **raw) == [f"ses:SendRawEmail {one}" for one in resources]
    assert asked("ses", "SendRawEmail", RawMessage={"Data": MAIL}) == [f"ses:SendRawEmail {one}" for one in resources]
    assert asked("sesv2", "SendEmail", FromEmailAddress="a@mail.example.com", Content={"Simple": {}}) == [
        f"ses:SendEmail {one}" for one in resources
    ]
    assert context("sesv2", "SendEmail", **raw) == {
        "ses:FromAddress": "a@mail.example.com",
        "ses:FromDisplayName": "Preqly",
        "ses:Recipients": ["ann@example.org"],
    }


def test_a_service_uses_a_key_in_its_own_name_and_for_what_it_encrypts() -> None:
    via = {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::media"}
    assert context("s3", "GetObject", **MEDIA) == via
    secret = context("secretsmanager", "GetSecretValue", SecretId="s")
    assert secret["kms:EncryptionContext:SecretARN"] == f"arn:aws:secretsmanager:{HERE}:secret:s-AbCdEf"


@pytest.mark.parametrize(
    ("call", "parameters", "action"),
    [
        ("ec2 CreateVpc", {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [TAG]}]}, "ec2:CreateTags *"),
        ("elbv2 CreateTargetGroup", {"Name": "web", "Tags": [TAG]}, "elasticloadbalancing:AddTags *"),
        ("sqs CreateQueue", {"QueueName": "q", "tags": {"Stack": "prod"}}, f"sqs:TagQueue arn:aws:sqs:{HERE}:q"),
        ("iam CreateRole", {"RoleName": "r", "Tags": [TAG]}, "iam:TagRole arn:aws:iam::123456789012:role/r"),
    ],
)
def test_tags_at_creation_take_an_action_of_their_own(call: str, parameters: dict[str, Any], action: str) -> None:
    assert asked(*call.split(), **parameters)[1:] == [action]
    assert context(*call.split(), **parameters)["aws:RequestTag/Stack"] == "prod"
    plain = {key: one for key, one in parameters.items() if key.lower() not in ("tags", "tagspecifications")}
    assert len(asked(*call.split(), **plain)) == 1


def test_a_task_with_tags_needs_to_tag_what_it_creates() -> None:
    call = Call(
        service="ecs",
        operation="RunTask",
        parameters={"cluster": "web", "taskDefinition": "j", "tags": [{"key": "a", "value": "b"}]},
    )
    run, tag, *_ = requests(call, Account())
    assert run.context == {"ecs:cluster": f"arn:aws:ecs:{HERE}:cluster/web", "aws:RequestTag/a": "b"}
    assert (tag.resource, tag.context["ecs:CreateAction"]) == (f"{TASKS}/*", "RunTask")


def test_a_change_of_records_names_them() -> None:
    record = {"Name": "*.Example.com.", "Type": "CNAME"}
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    found = context("route53", "ChangeResourceRecordSets", HostedZoneId="/hostedzone/Z1", ChangeBatch=changes)
    assert found["route53:ChangeResourceRecordSetsNormalizedRecordNames"] == ["\\052.example.com"]


@pytest.mark.parametrize("call", ["athena ListWorkGroups", "s3 SelectObjectContent", "sts GetSessionToken"])
def test_what_the_tables_do_not_have_is_unknown(call: str) -> None:
    service, operation = call.split()
    with pytest.raises(UnknownOperationError, match=operation):
        requests(Call(service=service, operation=operation), Account())


def test_the_tables_name_services_of_boto3() -> None:
    assert all(service_model(service).operation_names for service in SERVICES)


def test_what_does_not_exist_has_no_key_and_no_tags() -> None:
    with mock_aws():
        BackendDict.reset()
        known = MotoResources()
        assert known.tags(f"arn:aws:ecs:{HERE}:task/web/*") == {}
        kinds = (
            "kms:{}:key/1",
            "sqs:{}:q",
            "sns:{}:t",
            "secretsmanager:{}:secret:s",
            "ssm:{}:parameter/p",
            "rds:{}:db:d",
        )
        assert [known.tags(f"arn:aws:{kind.format(HERE)}") for kind in kinds] == [{}] * len(kinds)
        assert (known.bucket("b").key_arn, known.queue("q").key_arn, known.secret("s").key_arn) == ("", "", "")
        assert known.key("alias/none") == f"arn:aws:kms:{HERE}:key/alias/none"
        assert known.task_definition("job:1").arn == f"arn:aws:ecs:{HERE}:task-definition/job:1"
