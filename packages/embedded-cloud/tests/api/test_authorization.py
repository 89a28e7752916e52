"""The API refuses what IAM does not allow to the session of a role, in the words and the form of each service."""

import contextlib
from collections.abc import Callable
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.iam.record import read
from support.clouds import client
from support.roles import allow, document

ROLE = "arn:aws:iam::123456789012:role/app"
USER = "arn:aws:sts::123456789012:assumed-role/app/task-1"
HERE = "us-east-1:123456789012"
TOPIC = f"arn:aws:sns:{HERE}:a"
TRUST = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
Clients = Callable[[str], Any]


def grant(cloud: EmbeddedCloud, *statements: dict[str, Any]) -> None:
    """What the role may do from now on."""
    client(cloud, "iam").put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=document(*statements))


@pytest.fixture
def app(cloud: EmbeddedCloud) -> Clients:
    """Clients with the credentials of a role that may do nothing."""
    return assumed(cloud)


def assumed(cloud: EmbeddedCloud, **more: Any) -> Clients:
    iam = client(cloud, "iam")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=document(TRUST))
    keys = client(cloud, "sts").assume_role(RoleArn=ROLE, RoleSessionName="task-1", **more)["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1")
    once = Config(retries={"total_max_attempts": 1})

    def made(service: str) -> Any:
        return session.client(service, endpoint_url=cloud.endpoint, config=once)  # type: ignore[call-overload]

    return made


def error(call: Callable[[], object]) -> tuple[int, str, str]:
    """Status, code and message of the refusal of a call."""
    with pytest.raises(ClientError) as failure:
        call()
    answer = failure.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def words(action: str, resource: str) -> str:
    reason = f"because no identity-based policy allows the {action} action"
    return f"User: {USER} is not authorized to perform: {action} on resource: {resource} {reason}"


DENIED, DENIED_IN_JSON = "AccessDenied", "AccessDeniedException"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "refusal", "asked"),
    [
        # One of each protocol, and the services that write it in a way of their own.
        ("ssm", "get_parameter", {"Name": "/a"}, (400, DENIED_IN_JSON), "ssm:GetParameter ssm:HERE:parameter/a"),
        ("rds", "stop_db_instance", {"DBInstanceIdentifier": "a"}, (403, DENIED), "rds:StopDBInstance rds:HERE:db:a"),
        ("sqs", "purge_queue", {"QueueUrl": "http://x/1/a"}, (400, DENIED), "sqs:purgequeue sqs:HERE:a"),
        ("scheduler", "list_schedules", {}, (403, DENIED_IN_JSON), "scheduler:ListSchedules *"),
        ("route53", "list_hosted_zones", {}, (403, DENIED), "route53:ListHostedZones *"),
        ("sns", "delete_topic", {"TopicArn": TOPIC}, (403, "AuthorizationError"), "SNS:DeleteTopic sns:HERE:a"),
    ],
)
def test_a_refusal_names_caller_action_and_resource(
    app: Clients, service: str, operation: str, parameters: dict[str, Any], refusal: tuple[int, str], asked: str
) -> None:
    action, _, resource = asked.replace("HERE", HERE).partition(" ")
    arn = resource if resource == "*" else f"arn:aws:{resource}"
    assert error(lambda: getattr(app(service), operation)(**parameters)) == (*refusal, words(action, arn))


def test_ec2_and_ses_and_s3_have_words_of_their_own(app: Clients) -> None:
    status, code, message = error(lambda: app("ec2").describe_vpcs())
    assert (status, code) == (403, "UnauthorizedOperation")
    assert message == f"You are not authorized to perform this operation. {words('ec2:DescribeVpcs', '*')}"
    mail = {"FromEmailAddress": "a@example.com", "Content": {"Raw": {"Data": b"From: a@example.com\n\nx"}}}
    identity = f"arn:aws:ses:{HERE}:identity/example.com"
    said = f"User `{USER}' is not authorized to perform `ses:SendRawEmail' on resource `{identity}'"
    assert error(lambda: app("sesv2").send_email(**mail)) == (403, "AccessDeniedException", said)
    denied = words("s3:GetObject", '"arn:aws:s3:::media/a"')
    assert error(lambda: app("s3").get_object(Bucket="media", Key="a")) == (403, "AccessDenied", denied)
    # The answer to HEAD has no body.
    assert error(lambda: app("s3").head_object(Bucket="media", Key="a"))[:2] == (403, "403")


def test_a_change_of_the_policy_acts_at_once(cloud: EmbeddedCloud, app: Clients) -> None:
    client(cloud, "s3").create_bucket(Bucket="media")
    for _ in range(2):
        grant(cloud, allow("s3:PutObject", resource="arn:aws:s3:::media/*"))
        app("s3").put_object(Bucket="media", Key="a", Body=b"1")
        grant(cloud, allow("s3:GetObject", resource="arn:aws:s3:::media/*"))
        assert error(lambda: app("s3").put_object(Bucket="media", Key="a", Body=b"2"))[1] == "AccessDenied"
    assert client(cloud, "s3").get_object(Bucket="media", Key="a")["Body"].read() == b"1"


def test_whether_a_missing_object_is_missing_takes_the_permission_to_list(cloud: EmbeddedCloud, app: Clients) -> None:
    client(cloud, "s3").create_bucket(Bucket="media")
    reads = allow("s3:GetObject", resource="arn:aws:s3:::media/*")
    grant(cloud, reads)
    assert error(lambda: app("s3").head_object(Bucket="media", Key="none"))[0] == 403
    grant(cloud, reads, allow("s3:ListBucket", resource="arn:aws:s3:::media"))
    assert error(lambda: app("s3").head_object(Bucket="media", Key="none"))[0] == 404


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_url_is_the_callers_request(cloud: EmbeddedCloud, app: Clients, version: str) -> None:
    client(cloud, "s3").create_bucket(Bucket="media")
    client(cloud, "s3").put_object(Bucket="media", Key="a", Body=b"1")
    keys = app("s3")._request_signer._credentials
    session = boto3.Session(keys.access_key, keys.secret_key, keys.token, region_name="us-east-1")
    signer: Any = session.client("s3", endpoint_url=cloud.endpoint, config=Config(signature_version=version))
    url = signer.generate_presigned_url("get_object", Params={"Bucket": "media", "Key": "a"})
    assert httpx.get(url).status_code == 403
    grant(cloud, allow("s3:GetObject"))
    assert httpx.get(url).content == b"1"


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_url_expires(cloud: EmbeddedCloud, version: str) -> None:
    client(cloud, "s3").create_bucket(Bucket="media")
    client(cloud, "s3").put_object(Bucket="media", Key="a", Body=b"1")
    signer: Any = boto3.Session("operator", "secret", region_name="us-east-1").client(
        "s3", endpoint_url=cloud.endpoint, config=Config(signature_version=version)
    )
    found = [
        httpx.get(
            signer.generate_presigned_url("get_object", Params={"Bucket": "media", "Key": "a"}, ExpiresIn=seconds)
        )
        for seconds in (60, -60)
    ]
    assert [one.status_code for one in found] == [200, 403]
    assert "Request has expired" in found[1].text


def test_the_bucket_is_that_of_the_path_whatever_the_host_is(cloud: EmbeddedCloud, app: Clients) -> None:
    """Else a role would be asked about one bucket, and get another."""
    for bucket in ("own", "foreign"):
        client(cloud, "s3").create_bucket(Bucket=bucket)
        client(cloud, "s3").put_object(Bucket=bucket, Key="own/a", Body=bucket.encode())
    client(cloud, "s3").put_object(Bucket="own", Key="a", Body=b"own")
    grant(cloud, allow("s3:GetObject", resource="arn:aws:s3:::own/*"))
    url = app("s3").generate_presigned_url("get_object", Params={"Bucket": "own", "Key": "a"})
    assert httpx.get(url, headers={"Host": "foreign.s3.amazonaws.com"}).content == b"own"


def test_boundary_and_session_policy_limit_the_role(cloud: EmbeddedCloud) -> None:
    everything = assumed(cloud)
    limited = assumed(cloud, Policy=document(allow("sqs:*")))
    grant(cloud, allow("*"))
    everything("sns").list_topics()
    assert error(lambda: limited("sns").list_topics())[2].endswith(
        "because no session policy allows the SNS:ListTopics action"
    )
    limited("sqs").list_queues()
    iam = client(cloud, "iam")
    boundary = iam.create_policy(PolicyName="most", PolicyDocument=document(allow("sns:*")))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=boundary)
    everything("sns").list_topics()
    said = error(lambda: everything("sqs").list_queues())[2]
    assert said.endswith("because no permissions boundary allows the sqs:listqueues action")


def test_tags_of_a_resource_are_conditions(cloud: EmbeddedCloud, app: Clients) -> None:
    operator = client(cloud, "sqs")
    urls = {name: operator.create_queue(QueueName=name, tags={"Stack": name})["QueueUrl"] for name in ("prod", "test")}
    grant(cloud, allow("sqs:*", Condition={"StringEquals": {"aws:ResourceTag/Stack": "prod"}}))
    app("sqs").receive_message(QueueUrl=urls["prod"])
    assert error(lambda: app("sqs").receive_message(QueueUrl=urls["test"]))[1] == "AccessDenied"


def test_what_a_key_encrypts_takes_the_key_and_its_policy(cloud: EmbeddedCloud, app: Clients) -> None:
    kms = client(cloud, "kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    secret = client(cloud, "secretsmanager").create_secret(Name="s", SecretString="x", KmsKeyId=key)["ARN"]
    reads = allow("secretsmanager:GetSecretValue", resource=secret)
    grant(cloud, reads)
    assert f"kms:Decrypt on resource: {key}" in error(lambda: app("secretsmanager").get_secret_value(SecretId="s"))[2]
    via = {"StringEquals": {"kms:EncryptionContext:SecretARN": secret}}
    grant(cloud, reads, allow("kms:Decrypt", resource=key, Condition=via))
    assert app("secretsmanager").get_secret_value(SecretId="s")["SecretString"] == "x"
    other = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/other"}, "Action": "kms:*"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document({**other, "Resource": "*"}))
    said = error(lambda: app("secretsmanager").get_secret_value(SecretId="s"))[2]
    assert said.endswith("because no resource-based policy allows the kms:Decrypt action")


def test_another_role_is_taken_with_its_trust(cloud: EmbeddedCloud, app: Clients) -> None:
    other = client(cloud, "iam").create_role(RoleName="other", AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    take = {"RoleArn": other, "RoleSessionName": "again"}
    assert error(lambda: app("sts").assume_role(**take))[1] == "AccessDenied"
    grant(cloud, allow("sts:AssumeRole", resource=other))
    app("sts").assume_role(**take)
    nobody = document({**TRUST, "Principal": {"Service": "ec2.amazonaws.com"}})
    client(cloud, "iam").update_assume_role_policy(RoleName="other", PolicyDocument=nobody)
    assert error(lambda: app("sts").assume_role(**take))[1] == "AccessDenied"
    assert app("sts").get_caller_identity()["Arn"] == USER, "which takes no permission"


def test_what_the_tables_do_not_know_is_refused_and_says_so(cloud: EmbeddedCloud, app: Clients) -> None:
    grant(cloud, allow("*"))
    said = error(lambda: app("athena").list_work_groups())[2]
    assert "the embedded cloud does not know what athena:ListWorkGroups needs" in said
    odd = allow("sqs:*", Condition={"BinaryEquals": {"aws:key": "QQ=="}})
    grant(cloud, odd)
    assert "cannot evaluate its policies" in error(lambda: app("sqs").list_queues())[2]


def test_whoever_signs_with_other_keys_operates_the_cloud(cloud: EmbeddedCloud, app: Clients) -> None:
    assert error(lambda: app("sqs").list_queues())
    client(cloud, "sqs").list_queues()
    client(cloud, "athena").list_work_groups()


def test_each_decision_is_recorded_once(cloud: EmbeddedCloud, app: Clients) -> None:
    record = cloud.config.state_dir / "iam-decisions.jsonl"
    record.unlink(missing_ok=True)
    url = client(cloud, "sqs").create_queue(QueueName="unusual")["QueueUrl"]
    arn = f"arn:aws:sqs:{HERE}:unusual"
    for _ in range(3):
        error(lambda: app("sqs").receive_message(QueueUrl=url))
    grant(cloud, allow("sqs:*"))
    for _ in range(3):
        app("sqs").receive_message(QueueUrl=url)
    reason = "because no identity-based policy allows the sqs:ReceiveMessage action"
    found = [one for one in read(record) if one[2] == arn]
    assert found == [(ROLE, "sqs:ReceiveMessage", arn, reason), (ROLE, "sqs:ReceiveMessage", arn, "")]
