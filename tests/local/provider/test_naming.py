"""Automatic names."""

import re
from typing import Any

from local.provider.entry import AutoName
from local.provider.naming import DEFAULTS, fill_name, is_automatic


def filled(rule: AutoName, inputs: dict[str, Any], olds: dict[str, Any] | None = None, seed: bytes = b"1") -> Any:
    fill_name(rule, "Front-Balancer", inputs, olds or {}, seed)
    return inputs


def test_a_name_is_the_logical_name_and_seven_hex_digits() -> None:
    named = filled(AutoName(), {})
    assert re.fullmatch(r"Front-Balancer-[0-9a-f]{7}", named["name"])
    assert is_automatic(AutoName(), named)


def test_a_name_fits_the_service() -> None:
    name = filled(AutoName("bucket", max_length=16, lower=True), {})["bucket"]
    assert re.fullmatch(r"front-ba-[0-9a-f]{7}", name)


def test_a_name_stays_until_a_replacement_needs_another() -> None:
    first = filled(AutoName(), {})
    assert filled(AutoName(), {}, dict(first), seed=b"2")["name"] == first["name"]
    assert filled(AutoName(), {}, seed=b"2")["name"] != first["name"]


def test_a_name_of_the_program_is_left_alone() -> None:
    assert filled(AutoName(), {"name": "mine"}) == {"name": "mine"}
    assert not is_automatic(AutoName(), {"name": "mine"})


def test_a_name_the_program_no_longer_gives_becomes_automatic() -> None:
    assert filled(AutoName(), {}, {"name": "mine"})["name"].startswith("Front-Balancer-")


def test_a_prefix_of_the_program_begins_the_name() -> None:
    named = filled(AutoName(), {"namePrefix": "aws-waf-logs-"})
    assert re.fullmatch(r"aws-waf-logs-[0-9a-f]{7}", named["name"])
    assert filled(AutoName(), {"namePrefix": "other-"}, dict(named))["name"].startswith("other-")
    assert named[DEFAULTS] == ["name"]
