"""The secret of `secretEnvironment`: one document, read by key and version."""

import json
from typing import Any

import pytest

from infra.data.environment_secret import EnvironmentSecret, EnvironmentSecretArgs
from tests.recorder import Recorder, new_engine

SECRET, VERSION = "secretsmanager/secret:Secret", "secretsmanager/secretVersion:SecretVersion"
VALUES = {"STRIPE_KEY": "canary", "A": "x"}


@pytest.fixture(scope="module")
def recorded() -> tuple[Recorder, Any]:
    """The secret, and the references that containers get."""
    engine = new_engine()
    args = EnvironmentSecretArgs(key_arn="key-arn", values=VALUES, recovery_days=30)
    return engine, engine.run(lambda: EnvironmentSecret("environment", args).references)


def test_the_document_is_a_secret_with_the_stacks_key_and_its_earlier_versions_stay(
    recorded: tuple[Recorder, Any],
) -> None:
    engine, _ = recorded
    secret = engine.one(SECRET)
    assert (secret["kmsKeyId"], secret["recoveryWindowInDays"]) == ("key-arn", 30)
    (version,) = engine.all(VERSION)
    assert engine.is_secret(version.inputs["secretString"])
    assert json.loads(engine.one(VERSION)["secretString"]) == VALUES
    assert engine.options(VERSION, "environment-version").retainOnDelete


def test_the_last_variable_may_be_removed_from_a_protected_stack(recorded: tuple[Recorder, Any]) -> None:
    engine, _ = recorded
    assert not engine.options(SECRET, "environment-secret").protect


def test_each_variable_is_read_by_its_name_in_one_version(recorded: tuple[Recorder, Any]) -> None:
    _, references = recorded
    arn, version = (
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:environment-secret",
        "11111111-2222-3333-4444-555555555555",
    )
    assert references == {name: f"{arn}:{name}::{version}" for name in VALUES}
