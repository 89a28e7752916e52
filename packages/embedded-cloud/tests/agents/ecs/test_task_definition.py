"""A task definition on Docker: options of its containers, values of its secrets, states, start and stop order."""

import json
from typing import Any

import boto3
import pytest

from embedded_cloud.agents.ecs.tasks.container_definition import Placement, RenderError, render
from embedded_cloud.agents.ecs.tasks.containers import (
    PAUSE,
    ContainerState,
    DependencyError,
    group_by_task,
    read_state,
    ready_to_start,
    ready_to_stop,
)
from embedded_cloud.agents.ecs.tasks.secrets import SecretError, SecretReference, parse, resolve
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
PLACEMENT = Placement(pause="abc", task_cpu="256", task_memory="512")


def rendered(placement: Placement = PLACEMENT, **definition: Any) -> dict[str, Any]:
    return render({"name": "web", "image": "image", **definition}, placement)


def test_every_container_is_hardened_and_joins_the_tasks_network() -> None:
    options = rendered(
        user="10001:10001", readonlyRootFilesystem=True, linuxParameters={"capabilities": {"drop": ["ALL"]}}
    )
    assert options["security_opt"] == ["no-new-privileges:true"]
    assert options["network_mode"] == "container:abc"
    assert (options["user"], options["read_only"], options["cap_drop"]) == ("10001:10001", True, ["ALL"])


def test_a_tmpfs_keeps_its_size_and_options() -> None:
    entry = {"containerPath": "/tmp", "size": 64, "mountOptions": ["mode=1777", "nodev"]}  # noqa: S108
    assert rendered(linuxParameters={"tmpfs": [entry]})["tmpfs"] == {"/tmp": "size=64m,mode=1777,nodev"}  # noqa: S108


def test_no_container_may_use_more_than_its_task() -> None:
    options = rendered()
    assert (options["nano_cpus"], options["mem_limit"], options["memswap_limit"]) == (250_000_000, 512 << 20, 512 << 20)


def test_a_container_keeps_its_own_memory_limit() -> None:
    options = rendered(memory=128, memoryReservation=64)
    assert (options["mem_limit"], options["mem_reservation"]) == (128 << 20, 64 << 20)


def test_health_checks_are_in_nanoseconds_with_ecs_defaults() -> None:
    check = rendered(healthCheck={"command": ["CMD-SHELL", "true"], "startPeriod": 30})["healthcheck"]
    assert check == {
        "test": ["CMD-SHELL", "true"],
        "interval": 30_000_000_000,
        "timeout": 5_000_000_000,
        "retries": 3,
        "start_period": 30_000_000_000,
    }


def test_an_images_own_health_check_is_disabled() -> None:
    assert rendered()["healthcheck"] == {"test": ["NONE"]}


def test_variables_have_the_precedence_of_ecs() -> None:
    placement = Placement(
        pause="abc",
        environment={"A": "platform", "B": "platform", "C": "platform", "D": "platform"},
        secrets={"C": "secret", "D": "secret"},
        override={"environment": [{"name": "D", "value": "override"}]},
    )
    definition = [{"name": name, "value": "definition"} for name in "BCD"]
    assert rendered(placement, environment=definition)["environment"] == {
        "A": "platform",
        "B": "definition",
        "C": "secret",
        "D": "override",
    }


def test_secrets_do_not_show_in_a_placements_text() -> None:
    assert "hidden" not in repr(Placement(pause="abc", secrets={"A": "hidden"}, environment={"B": "hidden"}))


def test_volumes_and_files_are_mounted_at_their_paths() -> None:
    placement = Placement(
        pause="abc",
        volumes={"logs": "cloud-logs"},
        files={"/etc/bundle.pem": "/host/ca.pem", "/etc/other.pem": "/host/ca.pem"},
    )
    options = rendered(placement, mountPoints=[{"sourceVolume": "logs", "containerPath": "/logs", "readOnly": True}])
    assert options["volumes"] == [
        "/host/ca.pem:/etc/bundle.pem:ro",
        "/host/ca.pem:/etc/other.pem:ro",
        "cloud-logs:/logs:ro",
    ]


@pytest.mark.parametrize(
    "definition",
    [
        {"privileged": True},
        {"environmentFiles": [{"value": "arn"}]},
        {"volumesFrom": [{"sourceContainer": "x"}]},
        {"mountPoints": [{"sourceVolume": "missing", "containerPath": "/x"}]},
    ],
)
def test_a_property_that_is_not_emulated_is_refused_by_name(definition: dict[str, Any]) -> None:
    with pytest.raises(RenderError, match="container web"):
        rendered(**definition)


ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf"


@pytest.mark.parametrize(
    ("value_from", "expected"),
    [
        (ARN, SecretReference(ARN)),
        (f"{ARN}:KEY::", SecretReference(ARN, "KEY")),
        (f"{ARN}:KEY:AWSPREVIOUS:", SecretReference(ARN, "KEY", "AWSPREVIOUS")),
        (f"{ARN}:KEY::version", SecretReference(ARN, "KEY", "", "version")),
    ],
)
def test_a_reference_names_key_stage_and_version(value_from: str, expected: SecretReference) -> None:
    assert parse(value_from) == expected


def test_a_reference_reads_the_version_it_names(cloud: EmbeddedCloud) -> None:
    secrets = client(cloud, "secretsmanager")
    made = secrets.create_secret(Name="app", SecretString=json.dumps({"KEY": "first"}))
    secrets.put_secret_value(SecretId="app", SecretString=json.dumps({"KEY": "second"}))
    arn = made["ARN"]
    assert _resolved(cloud, f"{arn}:KEY::{made['VersionId']}") == "first"
    assert _resolved(cloud, f"{arn}:KEY::") == "second"
    assert _resolved(cloud, f"{arn}:KEY:AWSPREVIOUS:") == "first"
    assert _resolved(cloud, arn) == '{"KEY": "second"}'


def test_parameters_are_read_by_arn_and_by_name(cloud: EmbeddedCloud) -> None:
    client(cloud, "ssm").put_parameter(Name="/app/key", Value="parameter", Type="SecureString")
    assert _resolved(cloud, "arn:aws:ssm:us-east-1:123456789012:parameter/app/key") == "parameter"
    assert _resolved(cloud, "/app/key") == "parameter"


def test_a_secret_and_a_parameter_of_another_region_are_read_there(cloud: EmbeddedCloud) -> None:
    make: Any = boto3.client
    secrets, parameters = (
        make(name, endpoint_url=cloud.endpoint, region_name="eu-west-1", **CREDENTIALS)
        for name in ("secretsmanager", "ssm")
    )
    arn = secrets.create_secret(Name="app", SecretString="there")["ARN"]
    parameters.put_parameter(Name="/app/key", Value="there too", Type="SecureString")
    assert ":eu-west-1:" in arn
    assert _resolved(cloud, arn) == "there"
    assert _resolved(cloud, "arn:aws:ssm:eu-west-1:123456789012:parameter/app/key") == "there too"


def test_a_parameter_that_does_not_exist_is_named(cloud: EmbeddedCloud) -> None:
    with pytest.raises(SecretError, match=r"unable to retrieve secrets from ssm: .*invalid parameters: /app/nope"):
        _resolved(cloud, "arn:aws:ssm:us-east-1:123456789012:parameter/app/nope")


@pytest.mark.parametrize("suffix", [":OTHER::", ":KEY::11111111-1111-1111-1111-111111111111"])
def test_an_error_names_the_reference_and_no_value(cloud: EmbeddedCloud, suffix: str) -> None:
    made = client(cloud, "secretsmanager").create_secret(Name="app", SecretString='{"KEY": "hidden"}')
    with pytest.raises(SecretError, match="ResourceInitializationError: unable to pull secrets") as caught:
        _resolved(cloud, made["ARN"] + suffix)
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


def _resolved(cloud: EmbeddedCloud, value_from: str) -> str:
    return resolve({"secrets": [{"name": "A", "valueFrom": value_from}]}, cloud.context.backend)["A"]


CREATED, UP, OK, FAILED = (
    ContainerState("created"),
    ContainerState("running"),
    ContainerState("exited", 0),
    ContainerState("exited", 1),
)


def pair(condition: str) -> list[dict[str, object]]:
    return [{"name": "b", "dependsOn": [{"containerName": "a", "condition": condition}]}, {"name": "a"}]


@pytest.mark.parametrize(
    ("condition", "state", "starts"),
    [
        ("START", CREATED, ["a"]),
        ("START", UP, ["b"]),
        ("COMPLETE", UP, []),
        ("COMPLETE", FAILED, ["b"]),
        ("SUCCESS", UP, []),
        ("SUCCESS", OK, ["b"]),
        ("HEALTHY", UP, []),
        ("HEALTHY", ContainerState("running", health="HEALTHY"), ["b"]),
    ],
)
def test_a_container_waits_for_its_dependency(condition: str, state: ContainerState, starts: list[str]) -> None:
    assert ready_to_start(pair(condition), {"a": state, "b": CREATED}) == starts


@pytest.mark.parametrize(
    ("condition", "state"),
    [("SUCCESS", FAILED), ("HEALTHY", OK), ("HEALTHY", ContainerState("running", health="UNHEALTHY"))],
)
def test_a_dependency_that_cannot_be_met_is_an_error(condition: str, state: ContainerState) -> None:
    with pytest.raises(DependencyError, match="container b was not started"):
        ready_to_start(pair(condition), {"a": state, "b": CREATED})


def test_dependent_containers_stop_first() -> None:
    assert ready_to_stop(pair("START"), ["a", "b"]) == ["b"]
    assert ready_to_stop(pair("START"), ["a"]) == ["a"]


@pytest.mark.parametrize(
    ("kind", "sentence", "expected"),
    [
        ("created", "Created", ContainerState("created")),
        ("running", "Up 3 seconds", ContainerState("running")),
        ("running", "Up 3 seconds (health: starting)", ContainerState("running")),
        ("running", "Up 3 seconds (healthy)", ContainerState("running", health="HEALTHY")),
        ("running", "Up About a minute (unhealthy)", ContainerState("running", health="UNHEALTHY")),
        ("exited", "Exited (137) 5 seconds ago", ContainerState("exited", 137)),
        ("dead", "Dead", ContainerState("exited")),
    ],
)
def test_a_state_is_read_from_docker(kind: str, sentence: str, expected: ContainerState) -> None:
    assert read_state({"State": kind, "Status": sentence}) == expected


def test_containers_are_grouped_by_task() -> None:
    def summary(name: str, kind: str) -> dict[str, object]:
        return {
            "Id": f"id-{name}",
            "Labels": {"embedded-cloud.task": "t", "embedded-cloud.container": name},
            "State": kind,
            "Status": "",
        }

    found = group_by_task([summary("web", "running"), summary(PAUSE, "running")])["t"]
    assert (found.pause, found.running) == (f"id-{PAUSE}", ["web"])
    assert group_by_task([summary("web", "running"), summary(PAUSE, "exited")])["t"].pause is None
