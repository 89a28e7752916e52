from typing import Any

import pulumi

from infra.passwords import Passwords, PasswordsArgs


def test_passwords_are_letters_and_digits_only(engine: Any) -> None:
    engine.run(lambda: Passwords("passwords", PasswordsArgs(generation=1)))
    made = {made.name: made.inputs for made in engine.by_type["random:index/randomPassword:RandomPassword"]}
    assert {name: inputs["length"] for name, inputs in made.items()} == {
        "passwords-database": 40,
        "passwords-secret-key": 64,
    }
    assert all(inputs["special"] is False for inputs in made.values())


def test_raising_the_generation_makes_both_anew(engine: Any) -> None:
    engine.run(lambda: Passwords("passwords", PasswordsArgs(generation=3)))
    made = engine.by_type["random:index/randomPassword:RandomPassword"]
    assert [password.inputs["keepers"] for password in made] == [{"generation": "3"}] * 2


def test_both_are_secret(engine: Any) -> None:
    def program() -> pulumi.Output[list[bool]]:
        passwords = Passwords("passwords", PasswordsArgs(generation=1))
        return pulumi.Output.all(passwords.database.is_secret(), passwords.secret_key.is_secret())

    assert engine.run(program) == [True, True]
