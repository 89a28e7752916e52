from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.data.generated_secrets import GeneratedSecrets, GeneratedSecretsArgs, fallback_generations

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


@given(generation=st.integers(1, 1000), fallbacks=st.integers(1, 5))
def test_tasks_of_two_successive_generations_accept_each_others_signatures(generation: int, fallbacks: int) -> None:
    assert generation + 1 in fallback_generations(generation, fallbacks)
    assert generation in fallback_generations(generation + 1, fallbacks)


@given(generation=st.integers(1, 1000), fallbacks=st.integers(0, 5))
def test_no_key_is_listed_twice_and_none_has_a_number_below_one(generation: int, fallbacks: int) -> None:
    listed = [generation, *fallback_generations(generation, fallbacks)]
    assert len(set(listed)) == len(listed) <= fallbacks + 2
    assert min(listed) >= 1


@pytest.mark.parametrize("field", ["owner_password", "application_password", "secret_key", "secret_key_fallbacks"])
def test_every_output_is_secret(engine: Any, field: str) -> None:
    assert engine.run(lambda: pulumi.Output.from_input(getattr(generated(), field).is_secret())) is True
