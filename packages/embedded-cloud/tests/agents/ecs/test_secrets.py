"""References to secrets are parsed and resolved."""

import json

import pytest

from embedded_cloud.agents.ecs.tasks.secrets import SecretError, SecretReference, parse, resolve
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

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


@pytest.mark.parametrize("suffix", [":OTHER::", ":KEY::11111111-1111-1111-1111-111111111111"])
def test_an_error_names_the_reference_and_no_value(cloud: EmbeddedCloud, suffix: str) -> None:
    made = client(cloud, "secretsmanager").create_secret(Name="app", SecretString='{"KEY": "hidden"}')
    with pytest.raises(SecretError, match="ResourceInitializationError: unable to pull secrets") as caught:
        _resolved(cloud, made["ARN"] + suffix)
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


def _resolved(cloud: EmbeddedCloud, value_from: str) -> str:
    return resolve({"secrets": [{"name": "A", "valueFrom": value_from}]}, cloud.context.backend)["A"]
