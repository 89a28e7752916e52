"""Every entry says only what the installed SDK knows."""

import pytest

from local.provider import schema
from local.provider.catalog import PACKAGES, catalog
from local.provider.entry import ALL, Function, ResourceType
from local.provider.failures import OperationError

RESOURCES = [entry for package in PACKAGES for entry in catalog(package).resources.values()]
FUNCTIONS = [entry for package in PACKAGES for entry in catalog(package).functions.values()]


@pytest.mark.parametrize("entry", RESOURCES, ids=lambda entry: entry.token)
def test_an_entry_carries_only_properties_of_the_sdk(entry: ResourceType) -> None:
    inputs, outputs = set(schema.inputs_of(entry.token).properties), schema.outputs_of(entry.token)
    assert {*entry.reported.split(), *entry.unreported.split()} <= inputs
    assert not set(entry.reported.split()) & set(entry.unreported.split())
    assert {*entry.secret_outputs.split(), *entry.volatile.split()} <= outputs


@pytest.mark.parametrize("entry", RESOURCES, ids=lambda entry: entry.token)
def test_an_entry_speaks_only_of_properties_it_carries(entry: ResourceType) -> None:
    spoken = [*entry.replaces.split(), *entry.unordered.split(), *entry.equal, *entry.references]
    assert {word.split(".")[0] for word in spoken} - {ALL} <= entry.accepts()


@pytest.mark.parametrize("entry", RESOURCES, ids=lambda entry: entry.token)
def test_an_entry_carries_what_the_sdk_requires(entry: ResourceType) -> None:
    assert schema.inputs_of(entry.token).required <= entry.accepts()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda entry: entry.token)
def test_a_function_is_one_of_the_sdk(function: Function) -> None:
    assert schema.arguments_of(function.token).label == function.token


def test_a_type_without_an_entry_is_refused_by_name_and_the_closest_is_told() -> None:
    with pytest.raises(OperationError, match=r"no resource type aws:ec2/vpcc:Vpc\. The closest is aws:ec2/vpc:Vpc"):
        catalog("aws").resource("aws:ec2/vpcc:Vpc")
    with pytest.raises(OperationError, match="no function aws:ec2/getAmi:getAmi"):
        catalog("aws").function("aws:ec2/getAmi:getAmi")
