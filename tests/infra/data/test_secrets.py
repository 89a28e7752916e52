"""The application's secret, and the values that the stack generates for it."""

import json
from typing import Any, cast

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.data.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from infra.data.generated_secrets import GeneratedSecrets, GeneratedSecretsArgs, fallback_generations
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


def test_one_encrypted_secret_holds_the_values_as_secrets_and_its_earlier_versions_stay(
    recorded: tuple[Recorder, str],
) -> None:
    engine, version_id = recorded
    assert engine.one(SECRET)["kmsKeyId"] == "key-arn"
    assert json.loads(engine.one(VERSION)["secretString"]) == VALUES
    (version,) = engine.all(VERSION)
    assert engine.is_secret(version.inputs["secretString"])
    # Part of the task definition, so new values restart the tasks; those of the previous release still read theirs.
    assert version_id == "11111111-2222-3333-4444-555555555555"
    assert engine.options(VERSION, "secrets-version").retainOnDelete


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


def test_a_key_that_no_container_reads_is_refused(engine: Any) -> None:
    with pytest.raises(
        ValueError, match=r"secrets: the containers read \['DATABASE_URL', .*'SECRET_KEY_FALLBACKS'\] .* make both"
    ):
        engine.run(lambda: secrets(values={**VALUES, "UNUSED": "x"}))


PASSWORD = "random:index/randomPassword:RandomPassword"


def generated(generation: int = 1, fallbacks: int = 1) -> GeneratedSecrets:
    return GeneratedSecrets("passwords", GeneratedSecretsArgs(generation=generation, fallbacks=fallbacks))


def made(engine: Any) -> dict[str, dict[str, Any]]:
    return {password.name: password.inputs for password in engine.by_type[PASSWORD]}


def test_passwords_are_letters_and_digits_only(engine: Any) -> None:
    engine.run(generated)
    assert {name: inputs["length"] for name, inputs in made(engine).items()} == {
        "passwords-database": 40,
        "passwords-application": 40,
        "passwords-secret-key-1": 64,
        "passwords-secret-key-2": 64,
    }
    assert all(inputs["special"] is False for inputs in made(engine).values())


def test_raising_the_generation_generates_new_passwords_and_uses_the_key_that_was_accepted_already(engine: Any) -> None:
    engine.run(lambda: generated(generation=3))
    assert {name: inputs["keepers"]["generation"] for name, inputs in made(engine).items()} == {
        "passwords-database": "3",
        "passwords-application": "3",
        "passwords-secret-key-3": "3",
        "passwords-secret-key-4": "4",
        "passwords-secret-key-2": "2",
    }


def test_the_current_key_signs_and_the_next_and_earlier_ones_are_accepted(engine: Any) -> None:
    def program() -> pulumi.Output[Any]:
        secrets = generated(generation=5, fallbacks=2)
        return pulumi.Output.all(secrets.secret_key, secrets.secret_key_fallbacks)

    key, fallbacks = engine.run(program)
    assert key.startswith("passwordssecretkey5")
    assert [fallback[:19] for fallback in fallbacks.split(",")] == [
        f"passwordssecretkey{number}" for number in (6, 4, 3)
    ]


def test_without_fallbacks_one_key_is_accepted_and_tasks_hold_no_other(engine: Any) -> None:
    assert engine.run(lambda: generated(generation=5, fallbacks=0).secret_key_fallbacks) == ""
    assert [name for name in made(engine) if "secret-key" in name] == ["passwords-secret-key-5"]


@given(generation=st.integers(1, 1000), fallbacks=st.integers(0, 5))
def test_successive_generations_accept_each_others_signatures_and_list_each_key_once(
    generation: int, fallbacks: int
) -> None:
    if fallbacks:
        assert generation + 1 in fallback_generations(generation, fallbacks)
        assert generation in fallback_generations(generation + 1, fallbacks)
    listed = [generation, *fallback_generations(generation, fallbacks)]
    assert len(set(listed)) == len(listed) <= fallbacks + 2
    assert min(listed) >= 1


def test_every_output_is_secret(engine: Any) -> None:
    def program() -> pulumi.Output[Any]:
        made = generated()
        outputs = (made.owner_password, made.application_password, made.secret_key, made.secret_key_fallbacks)
        return pulumi.Output.all(*(one.is_secret() for one in outputs))

    assert engine.run(program) == [True] * 4
