"""State that survives a restart or a kill of the cloud's process."""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from moto.core.base_backend import BackendDict

from embedded_cloud.api import persistence, snapshot
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import CloudConfig
from support.clouds import Start, client, two_subnets


def test_a_change_is_on_disk_before_its_answer(start: Start, config: CloudConfig) -> None:
    cloud = start()
    client(cloud, "sns").create_topic(Name="kept")
    # The file that a kill at this moment leaves.
    saved = (config.state_dir / "moto.snapshot").read_bytes()
    cloud.stop()
    (config.state_dir / "moto.snapshot").write_bytes(saved)
    topics = client(start(), "sns").list_topics()["Topics"]
    assert [topic["TopicArn"].rpartition(":")[2] for topic in topics] == ["kept"]


def test_references_between_services_survive_a_restart(start: Start) -> None:
    cloud = start()
    _, ids = two_subnets(client(cloud, "ec2"), "10.0")
    client(cloud, "elbv2").create_load_balancer(Name="front", Subnets=ids)
    cloud.stop()

    cloud = start()
    (balancer,) = cloud.context.backend("elbv2").load_balancers.values()
    subnet = cloud.context.backend("ec2").get_subnet(ids[0])
    assert balancer.subnets[0] is subnet
    assert subnet.ec2_backend is cloud.context.backend("ec2")


def test_services_that_hold_keys_locks_and_lambdas_are_saved(start: Start) -> None:
    cloud = start()
    client(cloud, "kms").create_key()
    client(cloud, "ecr").create_repository(repositoryName="web")
    client(cloud, "ssm").put_parameter(Name="p", Value="v", Type="String")
    client(cloud, "iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    cloud.stop()

    cloud = start()
    assert len(client(cloud, "kms").list_keys()["Keys"]) == 1
    assert len(client(cloud, "ecr").describe_repositories()["repositories"]) == 1
    assert len(client(cloud, "ssm").describe_parameters()["Parameters"]) == 1
    assert len(client(cloud, "iam").list_roles()["Roles"]) == 1


def test_managed_policies_of_aws_exist_after_a_restart_and_are_not_in_the_snapshot(
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


def test_objects_of_buckets_survive_in_files_of_their_own(start: Start, config: CloudConfig) -> None:
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
def test_a_snapshot_that_cannot_be_read_is_renamed_and_logged(
    start: Start, config: CloudConfig, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    config.state_dir.mkdir()
    (config.state_dir / "moto.snapshot").write_bytes(content)
    with caplog.at_level(logging.WARNING, "embedded_cloud"):
        cloud = start()
    assert client(cloud, "sns").list_topics()["Topics"] == []
    (aside,) = config.state_dir.glob("moto.snapshot.unreadable-*")
    assert aside.read_bytes() == content
    assert aside.name in caplog.text


def test_a_state_that_cannot_be_pickled_is_logged_and_the_cloud_continues(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    cloud = start()
    with caplog.at_level(logging.ERROR, "embedded_cloud"):
        cloud.context.backend("sns").unpicklable = threading.Thread()
        client(cloud, "sns").create_topic(Name="answered")
    assert "not saved" in caplog.text
    assert len(client(cloud, "sns").list_topics()["Topics"]) == 1


def test_an_unfinished_pagination_does_not_prevent_saving(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    cloud = start()
    for number in range(3):
        client(cloud, "sns").create_topic(Name=f"topic-{number}", Tags=[{"Key": "Stack", "Value": "test"}])
    tagging = client(cloud, "resourcegroupstaggingapi")
    assert tagging.get_resources(ResourcesPerPage=1)["PaginationToken"]
    with caplog.at_level(logging.ERROR, "embedded_cloud"):
        client(cloud, "sns").create_topic(Name="saved")
    assert "not saved" not in caplog.text


def test_a_failed_load_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(snapshot.SnapshotError):
        snapshot.load(b"", tmp_path)
    assert BackendDict._instances == []


def test_only_the_owner_can_read_the_snapshot(start: Start, config: CloudConfig) -> None:
    client(start(), "sns").create_topic(Name="secret")
    assert (config.state_dir / "moto.snapshot").stat().st_mode & 0o077 == 0


def test_only_the_latest_log_events_survive_a_restart(start: Start) -> None:
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


def test_an_issued_certificate_stays_issued_after_a_restart(start: Start) -> None:
    cloud = start()
    acm, route53 = client(cloud, "acm"), client(cloud, "route53")
    arn = acm.request_certificate(DomainName="app.example.com", ValidationMethod="DNS")["CertificateArn"]
    (option,) = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
    record = option["ResourceRecord"]
    records = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    changes = [{"Action": "CREATE", "ResourceRecordSet": records}]
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": changes})
    issued = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert issued["Status"] == "ISSUED"
    cloud.stop()
    assert client(start(), "acm").describe_certificate(CertificateArn=arn)["Certificate"] == issued


def test_repositories_follow_another_registry_port(config: CloudConfig, start: Start) -> None:
    cloud = start()
    client(cloud, "ecr").create_repository(repositoryName="web")
    cloud.stop()
    moved = EmbeddedCloud(replace(config, registry_port=5999), agents=False)
    moved.start()
    try:
        (found,) = client(moved, "ecr").describe_repositories()["repositories"]
    finally:
        moved.stop()
    assert found["repositoryUri"] == "localhost:5999/web"
