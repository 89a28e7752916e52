"""What `pulumi destroy` leaves on purpose, met by `python -m ops recover` of a later stack of the same name."""

from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from ops.resources import orphans
from tests.moto_account import empty
from tests.ops.conftest import Ops
from tests.ops.fake_pulumi import RECOVER, FakePulumi
from tests.ops.fixtures import TAGS, DeployedStack

KEY = "urn:pulumi:prod::preqly::preqly:infra:EncryptionKey$aws:kms/key:Key::key-data"
GROUP = "urn:pulumi:prod::preqly::preqly:infra:Logs$aws:cloudwatch/logGroup:LogGroup::logs-application"


def began(at: str) -> dict[str, Any]:
    """The stack in the state, created at this time."""
    urn = "urn:pulumi:prod::preqly::pulumi:pulumi:Stack::preqly-prod"
    return {"urn": urn, "type": "pulumi:pulumi:Stack", "created": f"{at}.123456789Z"}


def tagged(name: str, **more: str) -> dict[str, str]:
    return {**{one["Key"]: one["Value"] for one in TAGS}, "Name": f"preqly-prod-{name}", **more}


def create_key(session: boto3.Session, **more: str) -> str:
    kms: Any = session.client("kms")
    tags = [{"TagKey": key, "TagValue": value} for key, value in tagged("key-data", **more).items()]
    return str(kms.create_key(Tags=tags)["KeyMetadata"]["Arn"])


def create_group(session: boto3.Session, **more: str) -> None:
    session.client("logs").create_log_group(logGroupName="kept", tags=tagged("logs-application", **more))


@pytest.fixture(autouse=True)
def _no_keys() -> None:
    empty("elasticache", "kms")


def test_what_stays_on_purpose_is_named_and_never_offered_for_deletion(
    pulumi: FakePulumi, session: boto3.Session, ops: Ops
) -> None:
    key = create_key(session, RetainOnDelete="true")
    create_group(session, RetainOnDelete="true")
    pulumi.has(resources=[began("2020-01-01T00:00:00")])
    out = ops(*RECOVER).out
    assert "Left on purpose when an earlier stack of this name was destroyed" in out
    assert f"  preqly-prod-key-data: {key}" in out
    assert "preqly-prod-logs-application: arn:aws:logs:" in out
    assert "schedule-key-deletion" not in out
    assert "delete-log-group" not in out


def test_the_key_of_a_snapshot_is_never_offered_even_without_the_tag(
    pulumi: FakePulumi, stack: DeployedStack, session: boto3.Session, ops: Ops
) -> None:
    key, other = create_key(session), create_key(session)
    rds: Any = session.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="old",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        KmsKeyId=key,
        StorageEncrypted=True,
        AllocatedStorage=20,
    )
    rds.create_db_snapshot(DBInstanceIdentifier="old", DBSnapshotIdentifier="old-final")
    out = ops(*RECOVER).out
    assert f"--key-id {key.rpartition('/')[2]}" not in out
    assert f"--key-id {other.rpartition('/')[2]}" in out


def test_the_snapshots_are_listed_once_however_many_keys_there_are(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {create_key(session) for _ in range(3)}
    calls: list[str] = []
    make: Any = vars(BaseClient)["_make_api_call"]

    def count(client: BaseClient, operation: str, parameters: Any) -> Any:
        calls.append(operation)
        return make(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", count)
    assert {one.arn for one in orphans.find(session, "preqly", "prod", known=())} == keys
    listing = ("DescribeDBSnapshots", "DescribeSnapshots")
    assert [calls.count(one) for one in listing] == [1, 1]
    calls.clear()
    assert orphans.find(session, "preqly", "prod", known=keys) == []
    assert not set(listing) & set(calls)


@pytest.mark.parametrize("written", ["arn", "id"])
def test_the_key_of_a_caches_snapshot_is_never_offered_either(
    pulumi: FakePulumi, session: boto3.Session, ops: Ops, written: str
) -> None:
    key, other = create_key(session), create_key(session)
    identifier = key.rpartition("/")[2]
    cache: Any = session.client("elasticache")
    cache.create_replication_group(ReplicationGroupId="old", ReplicationGroupDescription="sessions and jobs")
    encrypted_by = {"arn": key, "id": identifier}[written]
    cache.create_snapshot(ReplicationGroupId="old", SnapshotName="last-of-old", KmsKeyId=encrypted_by)
    out = ops(*RECOVER).out
    assert f"--key-id {identifier}" not in out
    assert f"--key-id {other.rpartition('/')[2]}" in out


@pytest.mark.parametrize(("start", "adopted"), [("2999-01-01T00:00:00", False), ("2020-01-01T00:00:00", True)])
def test_what_an_earlier_stack_of_this_name_left_is_not_adopted(
    pulumi: FakePulumi, session: boto3.Session, ops: Ops, start: str, adopted: bool
) -> None:
    """Otherwise the new stack would delete the key of the last snapshot with itself."""
    key = create_key(session, RetainOnDelete="true")
    create_group(session, RetainOnDelete="true")
    pulumi.has((KEY, "aws:kms/key:Key"), (GROUP, "aws:cloudwatch/logGroup:LogGroup"), resources=[began(start)])
    out = ops(*RECOVER).out
    assert ("Adopted: key-data" in out, "Adopted: logs-application" in out) == (adopted, adopted)
    assert (f"  preqly-prod-key-data: {key}" in out) is not adopted


def test_without_the_start_of_the_stack_nothing_that_stays_is_adopted(
    pulumi: FakePulumi, session: boto3.Session, ops: Ops
) -> None:
    create_key(session, RetainOnDelete="true")
    pulumi.has((KEY, "aws:kms/key:Key"))
    assert "Not found in AWS: key-data" in ops(*RECOVER).out


def test_what_waits_for_the_end_of_its_recovery_window_is_no_orphan(
    pulumi: FakePulumi, session: boto3.Session, ops: Ops
) -> None:
    key = create_key(session)
    session.client("kms").schedule_key_deletion(KeyId=key.rpartition("/")[2])
    assert key.rpartition("/")[2] not in ops(*RECOVER).out


def test_a_state_of_another_account_is_refused(pulumi: FakePulumi, ops: Ops) -> None:
    arn = "arn:aws:sns:us-east-1:222222222222:alarms"
    pulumi.has(resources=[{"urn": GROUP, "type": "aws:sns/topic:Topic", "id": arn, "outputs": {"arn": arn}}])
    message = ops.refused(RECOVER, 3)
    assert "The stack is in account 222222222222, and these credentials belong to 123456789012" in message
    assert "refresh" not in pulumi.called
