"""What survives the end of the cloud's process."""

import logging
import threading
import time
from pathlib import Path

import pytest
from moto.core.base_backend import BackendDict

from local.cloud import persistence, snapshot
from local.cloud.config import CloudConfig
from tests.local.cloud.clouds import Start, client


def test_a_change_is_on_disk_before_its_answer(start: Start, config: CloudConfig) -> None:
    cloud = start()
    client(cloud, "sns").create_topic(Name="kept")
    # What a process that is killed right now would leave.
    saved = (config.state_dir / "moto.snapshot").read_bytes()
    cloud.stop()
    (config.state_dir / "moto.snapshot").write_bytes(saved)
    topics = client(start(), "sns").list_topics()["Topics"]
    assert [topic["TopicArn"].rpartition(":")[2] for topic in topics] == ["kept"]


def test_references_between_services_stay_references(start: Start) -> None:
    cloud = start()
    vpc = client(cloud, "ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        client(cloud, "ec2").create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for i, zone in enumerate("ab")
    ]
    ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
    client(cloud, "elbv2").create_load_balancer(Name="front", Subnets=ids)
    cloud.stop()

    cloud = start()
    (balancer,) = cloud.context.backend("elbv2").load_balancers.values()
    subnet = cloud.context.backend("ec2").get_subnet(ids[0])
    assert balancer.subnets[0] is subnet
    assert subnet.ec2_backend is cloud.context.backend("ec2")


@pytest.mark.parametrize("service", ["acm", "kms", "ecr", "ssm", "iam"])
def test_services_that_hold_keys_locks_and_lambdas_are_saved(start: Start, service: str) -> None:
    cloud = start()
    calls = {
        "acm": lambda c: c.request_certificate(DomainName="a.example", ValidationMethod="DNS"),
        "kms": lambda c: c.create_key(),
        "ecr": lambda c: c.create_repository(repositoryName="web"),
        "ssm": lambda c: c.put_parameter(Name="p", Value="v", Type="String"),
        "iam": lambda c: c.create_role(RoleName="r", AssumeRolePolicyDocument="{}"),
    }
    calls[service](client(cloud, service))
    cloud.stop()

    cloud = start()
    found = {
        "acm": lambda c: c.list_certificates()["CertificateSummaryList"],
        "kms": lambda c: c.list_keys()["Keys"],
        "ecr": lambda c: c.describe_repositories()["repositories"],
        "ssm": lambda c: c.describe_parameters()["Parameters"],
        "iam": lambda c: c.list_roles()["Roles"],
    }
    assert len(found[service](client(cloud, service))) == 1


def test_policies_that_aws_manages_are_there_after_a_restart_but_not_in_the_snapshot(
    start: Start, config: CloudConfig
) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    cloud = start()
    client(cloud, "iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    client(cloud, "iam").attach_role_policy(RoleName="r", PolicyArn=arn)
    cloud.stop()
    assert (config.state_dir / "moto.snapshot").stat().st_size < 100_000

    iam = client(start(), "iam")
    assert [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]] == [arn]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]


def test_contents_of_buckets_survive_in_files_of_their_own(start: Start, config: CloudConfig) -> None:
    cloud = start()
    s3 = client(cloud, "s3")
    s3.create_bucket(Bucket="media-bucket")
    s3.put_object(Bucket="media-bucket", Key="picture", Body=b"x" * 300_000)
    s3.put_object(Bucket="media-bucket", Key="gone", Body=b"deleted")
    s3.delete_object(Bucket="media-bucket", Key="gone")
    cloud.stop()
    assert (config.state_dir / "moto.snapshot").stat().st_size < 100_000

    answer = client(start(), "s3").get_object(Bucket="media-bucket", Key="picture")
    assert answer["Body"].read() == b"x" * 300_000


@pytest.mark.parametrize("content", [b"not a snapshot", persistence._header() + b"cut off"])
def test_a_snapshot_that_cannot_be_read_is_set_aside_and_said(
    start: Start, config: CloudConfig, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    config.state_dir.mkdir()
    (config.state_dir / "moto.snapshot").write_bytes(content)
    with caplog.at_level(logging.WARNING, "preqly.cloud"):
        cloud = start()
    assert client(cloud, "sns").list_topics()["Topics"] == []
    (aside,) = config.state_dir.glob("moto.snapshot.unreadable-*")
    assert aside.read_bytes() == content
    assert aside.name in caplog.text


def test_a_state_that_cannot_be_pickled_is_reported_and_the_cloud_goes_on(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    cloud = start()
    with caplog.at_level(logging.ERROR, "preqly.cloud"):
        cloud.context.backend("sns").unpicklable = threading.Thread()
        client(cloud, "sns").create_topic(Name="answered")
    assert "not saved" in caplog.text
    assert len(client(cloud, "sns").list_topics()["Topics"]) == 1


def test_a_list_that_is_read_page_by_page_does_not_keep_the_state_from_the_disk(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    cloud = start()
    for number in range(3):
        client(cloud, "sns").create_topic(Name=f"topic-{number}", Tags=[{"Key": "Stack", "Value": "test"}])
    tagging = client(cloud, "resourcegroupstaggingapi")
    assert tagging.get_resources(ResourcesPerPage=1)["PaginationToken"]
    with caplog.at_level(logging.ERROR, "preqly.cloud"):
        client(cloud, "sns").create_topic(Name="saved")
    assert "not saved" not in caplog.text


def test_a_failed_load_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(snapshot.SnapshotError):
        snapshot.load(b"", tmp_path)
    assert BackendDict._instances == []


def test_the_snapshot_is_for_its_owner_only(start: Start, config: CloudConfig) -> None:
    client(start(), "sns").create_topic(Name="secret")
    assert (config.state_dir / "moto.snapshot").stat().st_mode & 0o077 == 0


def test_the_latest_log_events_survive_and_old_ones_do_not_pile_up(start: Start) -> None:
    cloud = start()
    logs = client(cloud, "logs")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="web")
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": f"line {number}"} for number in range(snapshot.KEPT_LOG_EVENTS + 5)]
    logs.put_log_events(logGroupName="app", logStreamName="web", logEvents=events)
    cloud.stop()

    answer = client(start(), "logs").get_log_events(logGroupName="app", logStreamName="web", limit=1000)
    assert [event["message"] for event in answer["events"]] == [event["message"] for event in events[5:]]
