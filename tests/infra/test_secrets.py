import json
from typing import Any

import pulumi
import pytest

from infra.secrets import ApplicationSecrets, ApplicationSecretsArgs

VALUES: dict[str, pulumi.Input[str]] = {
    "SECRET_KEY": "django",
    "DATABASE_URL": "postgres://canary",
    "EMAIL_URL": "unset://",
}


def secrets(*, protect: bool = True, values: dict[str, pulumi.Input[str]] = VALUES) -> ApplicationSecrets:
    return ApplicationSecrets("secrets", ApplicationSecretsArgs(key_arn="key-arn", values=values, protect=protect))


def test_one_secret_holds_what_the_containers_read_under_the_stacks_key(engine: Any) -> None:
    engine.run(secrets)
    assert engine.one("secretsmanager/secret:Secret")["kmsKeyId"] == "key-arn"
    version = engine.one("secretsmanager/secretVersion:SecretVersion")
    assert json.loads(version["secretString"]) == VALUES


def test_the_values_are_secret_even_when_they_came_in_plain(engine: Any) -> None:
    engine.run(secrets)
    (version,) = engine.all("secretsmanager/secretVersion:SecretVersion")
    assert engine.is_secret(version.inputs["secretString"])


@pytest.mark.parametrize(("protect", "days"), [(True, 30), (False, 0)])
def test_a_deleted_secret_comes_back_only_in_a_protected_stack(engine: Any, protect: bool, days: int) -> None:
    engine.run(lambda: secrets(protect=protect))
    assert engine.one("secretsmanager/secret:Secret")["recoveryWindowInDays"] == days


def test_tasks_are_given_the_version_so_that_new_values_restart_them(engine: Any) -> None:
    found = engine.run(lambda: secrets().version_id)
    assert found == "11111111-2222-3333-4444-555555555555"


def test_a_key_that_no_container_reads_is_refused(engine: Any) -> None:
    with pytest.raises(
        ValueError, match=r"secrets: the containers read \['DATABASE_URL', 'EMAIL_URL', 'SECRET_KEY'\] .* make both"
    ):
        engine.run(lambda: secrets(values={**VALUES, "UNUSED": "x"}))
