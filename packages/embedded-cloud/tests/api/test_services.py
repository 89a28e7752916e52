"""Patches of S3, SES, Secrets Manager and CloudWatch Logs."""

import json
import time
from email import message_from_string
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.api.moto_patches import limits
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
}
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def put_policy(cloud: EmbeddedCloud, *statements: object) -> None:
    s3 = client(cloud, "s3")
    s3.create_bucket(Bucket="media")
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    s3.put_bucket_policy(Bucket="media", Policy=json.dumps(policy))


def test_a_bucket_that_requires_tls_stores_and_returns_objects(cloud: EmbeddedCloud) -> None:
    put_policy(cloud, DENY | {"Condition": WITHOUT_TLS})
    s3 = client(cloud, "s3")
    s3.put_object(Bucket="media", Key="me.webp", Body=b"picture")
    assert s3.get_object(Bucket="media", Key="me.webp")["Body"].read() == b"picture"
    assert "SecureTransport" in s3.get_bucket_policy(Bucket="media")["Policy"]


def test_a_deny_without_condition_denies(cloud: EmbeddedCloud) -> None:
    put_policy(cloud, DENY)
    with pytest.raises(ClientError, match=r"Forbidden|AccessDenied"):
        client(cloud, "s3").put_object(Bucket="media", Key="me.webp", Body=b"picture")


def test_an_object_with_a_delete_marker_can_be_deleted_with_all_versions(cloud: EmbeddedCloud) -> None:
    s3 = client(cloud, "s3")
    s3.create_bucket(Bucket="media")
    s3.put_bucket_versioning(Bucket="media", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="media", Key="me.webp", Body=b"picture")
    s3.delete_object(Bucket="media", Key="me.webp")
    (page,) = s3.get_paginator("list_object_versions").paginate(Bucket="media")
    versions = [*page["Versions"], *page["DeleteMarkers"]]
    keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
    s3.delete_objects(Bucket="media", Delete={"Objects": keys})
    s3.delete_bucket(Bucket="media")
    assert s3.list_buckets()["Buckets"] == []


MAIL = "From: no-reply@app.example.com\nTo: ada@example.com\nSubject: A link\n\nhttps://app.example.com/once\n"


def send(cloud: EmbeddedCloud) -> str:
    ses = client(cloud, "sesv2")
    sent = ses.send_email(FromEmailAddress="no-reply@app.example.com", Content={"Raw": {"Data": MAIL.encode()}})
    return str(sent["MessageId"])


def test_a_mail_of_a_verified_domain_is_a_file_of_its_owner(cloud: EmbeddedCloud) -> None:
    client(cloud, "sesv2").create_email_identity(EmailIdentity="app.example.com")
    file = cloud.config.state_dir / "mail" / f"{send(cloud)}.eml"
    assert message_from_string(file.read_text()).get_payload() == "https://app.example.com/once\n"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_an_unverified_sender_cannot_send(cloud: EmbeddedCloud) -> None:
    before = list((cloud.config.state_dir / "mail").glob("*"))
    with pytest.raises(ClientError, match="Did not have authority"):
        send(cloud)
    assert list((cloud.config.state_dir / "mail").glob("*")) == before


@pytest.fixture
def manager(cloud: EmbeddedCloud) -> Any:
    made = client(cloud, "secretsmanager")
    made.create_secret(Name="app", SecretString="one", ClientRequestToken="1" * 32)
    return made


def put(manager: Any, number: int, *labels: str) -> None:
    stages = {"VersionStages": list(labels)} if labels else {}
    manager.put_secret_value(SecretId="app", SecretString=str(number), ClientRequestToken=str(number) * 32, **stages)


def labels(manager: Any) -> dict[str, set[str]]:
    versions = manager.list_secret_version_ids(SecretId="app", IncludeDeprecated=True)["Versions"]
    return {one["VersionId"][0]: set(one["VersionStages"]) for one in versions}


def refused(work: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as failure:
        work(**arguments)
    error = failure.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_a_new_value_is_current_and_the_one_before_is_previous(manager: Any) -> None:
    put(manager, 2)
    assert labels(manager) == {"1": {"AWSPREVIOUS"}, "2": {"AWSCURRENT"}}
    put(manager, 3)
    assert labels(manager) == {"1": set(), "2": {"AWSPREVIOUS"}, "3": {"AWSCURRENT"}}
    for number, version in enumerate("123", 1):
        answer = manager.get_secret_value(SecretId="app", VersionId=version * 32)
        assert answer["SecretString"] == {"1": "one"}.get(version, str(number))


def test_custom_labels_stay_until_another_version_takes_them(manager: Any) -> None:
    manager.update_secret_version_stage(SecretId="app", VersionStage="mine", MoveToVersionId="1" * 32)
    put(manager, 2)
    assert labels(manager) == {"1": {"AWSPREVIOUS", "mine"}, "2": {"AWSCURRENT"}}
    put(manager, 3, "AWSCURRENT", "mine")
    assert labels(manager) == {"1": set(), "2": {"AWSPREVIOUS"}, "3": {"AWSCURRENT", "mine"}}


def test_a_value_may_wait_without_being_current(manager: Any) -> None:
    put(manager, 2, "AWSPENDING")
    assert labels(manager) == {"1": {"AWSCURRENT"}, "2": {"AWSPENDING"}}
    assert manager.get_secret_value(SecretId="app")["SecretString"] == "one"


def test_moving_awscurrent_changes_the_value_that_is_read(manager: Any) -> None:
    put(manager, 2)
    manager.update_secret_version_stage(
        SecretId="app", VersionStage="AWSCURRENT", RemoveFromVersionId="2" * 32, MoveToVersionId="1" * 32
    )
    assert labels(manager) == {"1": {"AWSCURRENT"}, "2": {"AWSPREVIOUS"}}
    assert manager.get_secret_value(SecretId="app")["SecretString"] == "one"
    put(manager, 3)
    assert labels(manager) == {"1": {"AWSPREVIOUS"}, "2": set(), "3": {"AWSCURRENT"}}


def test_awscurrent_cannot_be_removed(manager: Any) -> None:
    stage = {"SecretId": "app", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": "1" * 32}
    told = refused(manager.update_secret_version_stage, **stage)
    assert told.startswith("InvalidParameterException: You can only move staging label AWSCURRENT")


def test_a_secret_scheduled_for_deletion_cannot_be_read(manager: Any) -> None:
    manager.delete_secret(SecretId="app", RecoveryWindowInDays=7)
    told = refused(manager.get_secret_value, SecretId="app")
    assert told == (
        "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."
    )


def test_a_log_stream_keeps_its_latest_events(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEPT_EVENTS", 3)
    made = client(cloud, "logs")
    made.create_log_group(logGroupName="app")
    made.create_log_stream(logGroupName="app", logStreamName="web")
    events = [{"timestamp": int(time.time() * 1000), "message": str(number)} for number in range(5)]
    made.put_log_events(logGroupName="app", logStreamName="web", logEvents=events)
    found = made.get_log_events(logGroupName="app", logStreamName="web", startFromHead=True)["events"]
    assert [event["message"] for event in found] == ["2", "3", "4"]
