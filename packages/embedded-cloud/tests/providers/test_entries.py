"""Entries against the installed SDK, and the table of resource types."""

import pytest

from embedded_cloud import resource_types
from embedded_cloud.providers.catalog import PACKAGES, catalog
from embedded_cloud.providers.entry import ALL
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.inputs import schema

RESOURCES = [entry for package in PACKAGES for entry in catalog(package).resources.values()]
FUNCTIONS = [entry for package in PACKAGES for entry in catalog(package).functions.values()]


def test_an_entry_names_only_properties_of_the_sdk() -> None:
    for entry in RESOURCES:
        inputs, outputs = set(schema.inputs_of(entry.token).properties), schema.outputs_of(entry.token)
        assert {*entry.reported.split(), *entry.unreported.split()} <= inputs, entry.token
        assert not set(entry.reported.split()) & set(entry.unreported.split()), entry.token
        assert {*entry.secret_outputs.split(), *entry.volatile.split()} <= outputs, entry.token


def test_an_entry_has_rules_only_for_properties_that_it_supports() -> None:
    for entry in RESOURCES:
        named = [*entry.replaces.split(), *entry.unordered.split(), *entry.equal, *entry.references]
        assert {word.split(".")[0] for word in named} - {ALL} <= entry.accepts(), entry.token


def test_an_entry_supports_every_required_property() -> None:
    for entry in RESOURCES:
        assert schema.inputs_of(entry.token).required <= entry.accepts(), entry.token


def test_a_function_is_one_of_the_sdk() -> None:
    for function in FUNCTIONS:
        assert schema.arguments_of(function.token).label == function.token


def test_a_type_without_an_entry_is_refused_with_the_closest_one() -> None:
    with pytest.raises(OperationError, match=r"the resource type aws:ec2/vpcc:Vpc\. The closest is aws:ec2/vpc:Vpc"):
        catalog("aws").resource("aws:ec2/vpcc:Vpc")
    with pytest.raises(OperationError, match="does not support the function aws:ec2/getAmi:getAmi"):
        catalog("aws").function("aws:ec2/getAmi:getAmi")


def test_the_table_has_every_type_with_its_service_and_effect() -> None:
    table = {row.token: row for row in resource_types()}
    assert set(table) == {entry.token for entry in RESOURCES}
    assert table["aws:ecs/service:Service"].service == "ecs"
    assert "containers" in table["aws:ecs/service:Service"].effect
    assert table["aws:ec2/natGateway:NatGateway"].effect == ""
    assert table["docker:index/image:Image"].service == "docker"
