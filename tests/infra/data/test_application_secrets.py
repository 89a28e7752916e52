import json
from typing import Any, cast

import pulumi
import pytest

from infra.data.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from tests.recorder import Recorder, new_engine

SECRET, VERSION = "secretsmanager/secret:Secret", "secretsmanager/secretVersion:SecretVersion"
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


@pytest.fixture(scope="module")
def recorded() -> tuple[Recorder, str]:
    """The secret of a protected stack, and the version that its users get."""
    engine = new_engine()
    return engine, engine.run(lambda: secrets().version_id)


def test_one_encrypted_secret_holds_the_values_and_they_are_secret_even_if_passed_in_the_clear(
    recorded: tuple[Recorder, str],
) -> None:
    engine, _ = recorded
    assert engine.one(SECRET)["kmsKeyId"] == "key-arn"
    assert json.loads(engine.one(VERSION)["secretString"]) == VALUES
    (version,) = engine.all(VERSION)
    assert engine.is_secret(version.inputs["secretString"])


@pytest.mark.parametrize(("protect", "days"), [(True, 30), (False, 0)])
def test_a_deleted_secret_can_be_restored_only_in_a_protected_stack(engine: Any, protect: bool, days: int) -> None:
    engine.run(lambda: secrets(protect=protect))
    assert engine.one(SECRET)["recoveryWindowInDays"] == days
    assert engine.options(SECRET, "secrets-application").protect is protect


def test_the_secret_has_its_generation_in_tags_and_a_guard_against_wrong_steps(recorded: tuple[Recorder, str]) -> None:
    engine, _ = recorded
    expected = {"SecretsGeneration": "3", "SecretKeyFallbacks": "1"}
    assert expected.items() <= engine.one(SECRET)["tags"].items()
    hooks = engine.options(SECRET, "secrets-application").hooks
    assert list(hooks.before_update) == ["secrets-changes"]
    assert cast(Any, engine.hooks["secrets-changes"].opts).on_dry_run


def test_an_earlier_version_stays_for_tasks_of_the_previous_release(recorded: tuple[Recorder, str]) -> None:
    """Such a task may start during the rollout of the next release, and reads the version in its definition."""
    assert recorded[0].options(VERSION, "secrets-version").retainOnDelete


def test_tasks_get_the_version_so_that_new_values_restart_them(recorded: tuple[Recorder, str]) -> None:
    assert recorded[1] == "11111111-2222-3333-4444-555555555555"


def test_a_key_that_no_container_reads_is_refused(engine: Any) -> None:
    with pytest.raises(
        ValueError, match=r"secrets: the containers read \['DATABASE_URL', .*'SECRET_KEY_FALLBACKS'\] .* make both"
    ):
        engine.run(lambda: secrets(values={**VALUES, "UNUSED": "x"}))
