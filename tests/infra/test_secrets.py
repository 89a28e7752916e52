import json
from typing import Any

import pulumi
import pytest

from infra.secrets import ApplicationSecrets, ApplicationSecretsArgs

VALUES: dict[str, pulumi.Input[str]] = {
    "SECRET_KEY": "django",
    "SECRET_KEY_FALLBACKS": "earlier",
    "DATABASE_URL": "postgres://canary",
    "OWNER_DATABASE_URL": "postgres://owner",
    "EMAIL_URL": "unset://",
}


def secrets(*, protect: bool = True, values: dict[str, pulumi.Input[str]] = VALUES) -> ApplicationSecrets:
    args = ApplicationSecretsArgs(key_arn="key-arn", values=values, generation=3, fallbacks=1, protect=protect)
    return ApplicationSecrets("secrets", args)


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
    assert engine.options("secretsmanager/secret:Secret", "secrets-application").protect is protect


def test_the_secret_says_which_generation_it_holds_so_that_a_wrong_step_is_refused(engine: Any) -> None:
    engine.run(secrets)
    told = {"SecretsGeneration": "3", "SecretKeyFallbacks": "1"}
    assert told.items() <= engine.one("secretsmanager/secret:Secret")["tags"].items()
    hooks = engine.options("secretsmanager/secret:Secret", "secrets-application").hooks
    assert list(hooks.before_update) == ["secrets-changes"]
    assert engine.hooks["secrets-changes"].opts.on_dry_run


def test_an_earlier_version_stays_for_tasks_of_the_release_before(engine: Any) -> None:
    """A task of theirs that starts while the new release rolls out reads the version that its definition names."""
    engine.run(secrets)
    assert engine.options("secretsmanager/secretVersion:SecretVersion", "secrets-version").retainOnDelete


def test_tasks_are_given_the_version_so_that_new_values_restart_them(engine: Any) -> None:
    found = engine.run(lambda: secrets().version_id)
    assert found == "11111111-2222-3333-4444-555555555555"


def test_a_key_that_no_container_reads_is_refused(engine: Any) -> None:
    with pytest.raises(
        ValueError, match=r"secrets: the containers read \['DATABASE_URL', .*'SECRET_KEY_FALLBACKS'\] .* make both"
    ):
        engine.run(lambda: secrets(values={**VALUES, "UNUSED": "x"}))
