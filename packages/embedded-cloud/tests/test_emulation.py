"""The table of services: what acts, what is only stored, what is refused."""

from pathlib import Path

import pytest

from embedded_cloud.emulation import BEGIN, END, Emulation, emulations, stored_types, table, with_table
from embedded_cloud.providers.catalog import resource_types

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_has_the_present_table() -> None:
    fix = "write it again: python -m embedded_cloud services --write packages/embedded-cloud/README.md"
    assert README.read_text() == with_table(README.read_text()), fix


def test_every_resource_type_belongs_to_one_service() -> None:
    owners = {kind.token: [one.service for one in emulations() if one.owns(kind.token)] for kind in resource_types()}
    assert {token: services for token, services in owners.items() if len(services) != 1} == {}


def test_every_service_has_a_resource_type_and_says_something() -> None:
    tokens = [kind.token for kind in resource_types()]
    for one in emulations():
        assert any(one.owns(token) for token in tokens), one.service
        assert one.acts or one.stored or stored_types(one), one.service


def test_a_type_without_an_effect_is_named_as_stored() -> None:
    (budgets,) = [one for one in emulations() if one.service == "AWS Budgets"]
    assert stored_types(budgets) == ["Budget"]
    assert "| AWS Budgets |  | the type `Budget` |  |" in table()


def test_no_phrase_breaks_the_table() -> None:
    assert {line.count("|") for line in table().splitlines()} == {5}


def test_a_document_needs_the_two_lines() -> None:
    assert with_table(f"a\n{BEGIN}\nold\n{END}\nb\n") == f"a\n{BEGIN}\n{table()}{END}\nb\n"
    with pytest.raises(ValueError, match="has no lines"):
        with_table(f"a\n{BEGIN}\n")


def test_a_service_owns_the_types_that_begin_as_it_says() -> None:
    one = Emulation(service="x", types="aws:a/ aws:b/c")
    assert [one.owns(token) for token in ("aws:a/b:B", "aws:b/cd:C", "aws:b/d:D")] == [True, True, False]
