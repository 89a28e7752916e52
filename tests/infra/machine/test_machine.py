"""The machine as it is declared: closed, alone in its group, and told nothing secret."""

import base64
import json
from typing import Any

import pytest

from infra.machine.archive import program_archive
from infra.machine.certificate_source import CertificateSource
from infra.machine.document import Site
from infra.machine.machine import Machine, MachineArgs
from infra.machine.program.release import Release
from infra.release.shipped import Shipped

SITE = Site(
    region="us-east-1", domains=("app.preqly.com",), allowed_hosts=(), sender="site@preqly.com", cpu=256, memory=512
)
SHIPPED = Shipped(
    web_image="r/web@sha256:1",
    proxy_image="r/proxy@sha256:2",
    tag="0a1b",
    revision="c",
    sources="f0",
    architecture="arm64",
)
TEMPLATE, GROUP = "ec2/launchTemplate:LaunchTemplate", "autoscaling/group:Group"
PARAMETER, OBJECT = "ssm/parameter:Parameter", "s3/bucketObjectv2:BucketObjectv2"


def args() -> MachineArgs:
    return MachineArgs(
        site=SITE,
        shipped=SHIPPED,
        architecture="arm64",
        instance_type="t4g.small",
        subnet_ids=["subnet-a", "subnet-b"],
        security_group_ids=["sg-front", "sg-task"],
        key_arn="arn:aws:kms:us-east-1:123456789012:key/k",
        repository_arns=["arn:aws:ecr:us-east-1:123456789012:repository/web"],
        secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:application",
        secret_version="v1",
        certificate=CertificateSource(
            secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:certificate",
            hosts=("app.preqly.com",),
            zone_id="Z1",
            acme_server="https://acme.test/directory",
        ),
        log_group="app",
        log_group_arn="arn:aws:logs:us-east-1:123456789012:log-group:app",
        media_bucket="media",
        media_bucket_arn="arn:aws:s3:::media",
        mail=None,
        database="site",
        snapshots=3,
        record="/preqly/test/releases",
        latest=None,
        protect=True,
        ready=(),
    )


@pytest.fixture
def machine(engine: Any) -> Any:
    engine.run(lambda: Machine("machine", args()).group_name)
    return engine


def test_the_metadata_service_is_version_2_and_out_of_the_containers_reach(machine: Any) -> None:
    options = machine.one(TEMPLATE)["metadataOptions"]
    assert options["httpTokens"] == "required"
    assert options["httpPutResponseHopLimit"] == 1


def test_the_disk_is_encrypted_and_there_is_no_key_to_log_in_with(machine: Any) -> None:
    template = machine.one(TEMPLATE)
    (disk,) = template["blockDeviceMappings"]
    assert disk["ebs"]["encrypted"] == "true"
    assert disk["ebs"]["volumeType"] == "gp3"
    assert "keyName" not in template


def test_a_machine_boots_at_full_speed(machine: Any) -> None:
    assert machine.one(TEMPLATE)["creditSpecification"]["cpuCredits"] == "unlimited"


def test_user_data_names_what_to_fetch_and_holds_no_secret(machine: Any) -> None:
    script = base64.b64decode(machine.one(TEMPLATE)["userData"]).decode()
    assert program_archive().key in script
    assert "/preqly/test/machine/release" in script
    assert "arn:aws:secretsmanager" not in script


def test_one_machine_serves_and_a_second_is_there_only_to_take_its_place(machine: Any) -> None:
    group = machine.one(GROUP)
    assert (group["minSize"], group["desiredCapacity"], group["maxSize"]) == (1, 1, 2)
    assert group["vpcZoneIdentifiers"] == ["subnet-a", "subnet-b"]


def test_a_machine_starts_when_its_release_is_on_record(machine: Any) -> None:
    assert any("machine-release" in urn for urn in machine.options(GROUP, "machine-group").dependencies)


def test_the_parameter_names_a_document_that_the_machine_can_read(machine: Any) -> None:
    stored = machine.one(OBJECT, "machine-store-release")
    assert machine.one(PARAMETER)["value"] == stored["key"]
    release = Release.from_json(stored["content"])
    assert release.images == ["r/proxy@sha256:2", "r/web@sha256:1"]
    assert release.address == "eipalloc-machine-address"
    assert (release.hosts, release.zone_id, release.acme_server) == (
        ["app.preqly.com"],
        "Z1",
        "https://acme.test/directory",
    )


def test_a_command_can_say_one_of_five_words_and_the_names_of_releases(machine: Any) -> None:
    parameters = json.loads(machine.one("ssm/document:Document")["content"])["parameters"]
    assert parameters["command"]["allowedValues"] == ["status", "prepare", "deploy", "state", "retire"]
    for name in ("release", "insteadOf"):
        assert parameters[name]["allowedPattern"] == "^(releases/[0-9a-f]{64}\\.json)?$"


def test_the_release_is_deployed_before_it_is_recorded_and_the_group_waits_for_the_site(machine: Any) -> None:
    assert machine.options(PARAMETER, "machine-release").hooks.before_update == ["machine-release"]
    hooks = machine.options(GROUP, "machine-group").hooks
    assert list(hooks.after_create) == list(hooks.after_update) == ["machine-serves"]


def test_the_release_is_recorded_as_one_of_the_machine(engine: Any) -> None:
    kept: list[Any] = []
    engine.run(lambda: Machine("machine", args()).release.apply(kept.append))
    (release,) = kept
    assert (release.hosting, release.number, release.tag) == ("vm", 1, "0a1b")
    assert (release.cluster, release.service) == ("preqly-test-machine", "preqly-test-machine-deploy")
    assert release.task_definition == release.migration_task_definition == engine.one(PARAMETER)["value"]
    assert (release.parameter, release.secret_version) == ("/preqly/test/machine/release", "v1")
    assert release.bucket == engine.one(OBJECT, "machine-store-release")["bucket"]
