"""Random values."""

import string
from typing import Any

import pytest

from embedded_cloud.providers.call import Call, Clients
from embedded_cloud.providers.catalog import catalog
from embedded_cloud.providers.difference import differences
from embedded_cloud.providers.random import SPECIAL, characters

PASSWORD = "random:index/randomPassword:RandomPassword"
ID = "random:index/randomId:RandomId"


def made(token: str, **inputs: Any) -> Call:
    call = Call(Clients("http://unused"), token, inputs=inputs, state=dict(inputs))
    call.id = catalog("random").resource(token).create(call)
    return call


def test_a_password_has_the_length_and_only_the_characters_that_were_asked_for() -> None:
    drawn = characters({"length": 64, "special": False})
    assert len(drawn) == 64
    assert set(drawn) <= set(string.ascii_letters + string.digits)
    assert drawn != characters({"length": 64, "special": False})


def test_minimum_numbers_are_kept() -> None:
    drawn = characters({"length": 8, "minNumeric": 3, "minSpecial": 3, "overrideSpecial": "_"})
    assert sum(one in string.digits for one in drawn) >= 3
    assert drawn.count("_") >= 3


def test_all_kinds_are_used_by_default() -> None:
    drawn = set(characters({"length": 2000}))
    assert drawn == set(string.ascii_letters + string.digits + SPECIAL)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"length": 4, "minLower": 5}, "length is 4"),
        ({"length": 4, "lower": False, "minLower": 1}, "minLower is 1"),
        ({"length": 4, "lower": False, "upper": False, "numeric": False, "special": False}, "all false"),
    ],
)
def test_contradictory_inputs_are_refused(inputs: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        characters(inputs)


def test_nothing_of_a_password_is_in_its_id_and_the_result_is_secret() -> None:
    call = made(PASSWORD, length=20)
    assert call.id == "none"
    assert "result" in catalog("random").resource(PASSWORD).secret_outputs.split()


def test_an_id_has_the_same_bytes_in_every_encoding() -> None:
    state = made(ID, byteLength=2, prefix="r-").state
    assert int(state["hex"].removeprefix("r-"), 16) == int(state["dec"].removeprefix("r-"))


def test_new_keepers_replace_the_value() -> None:
    (change,) = differences(
        catalog("random").resource(ID),
        {"byteLength": 2, "keepers": {"context": "a"}},
        {"byteLength": 2, "keepers": {"context": "b"}},
    )
    assert (change.path, change.replaces) == ("keepers.context", True)


def test_a_value_that_was_not_saved_is_generated_again() -> None:
    entry = catalog("random").resource(PASSWORD)
    assert entry.read(Call(Clients("http://unused"), PASSWORD, state={"length": 20})) is None
