"""Entries against the installed SDK, the table of resource types, validation of inputs, automatic names."""

import re
from typing import Any

import pytest

from embedded_cloud import resource_types
from embedded_cloud.providers.catalog import PACKAGES, catalog
from embedded_cloud.providers.entry import ALL, DEFAULTS, AutoName, fill_name, is_automatic
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.inputs import schema
from embedded_cloud.providers.inputs.checking import check_object
from embedded_cloud.providers.values import UNKNOWN

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
    assert table["aws:ec2/eip:Eip"].effect == ""
    assert table["docker:index/image:Image"].service == "docker"


LISTENER = "aws:lb/listener:Listener"
GOOD: dict[str, Any] = {"loadBalancerArn": "arn", "port": 80, "defaultActions": [{"type": "forward"}]}


def failures(token: str, values: dict[str, Any]) -> dict[str, str]:
    return {failure.property: failure.reason for failure in check_object(values, schema.inputs_of(token))}


def test_inputs_that_the_sdk_allows_pass() -> None:
    assert failures(LISTENER, GOOD) == {}


def test_unknown_values_fit_any_type() -> None:
    assert failures(LISTENER, {"loadBalancerArn": UNKNOWN, "defaultActions": UNKNOWN, "port": UNKNOWN}) == {}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"prot": 80}, "prot", 'Did you mean "port"?'),
        ({"port": "80"}, "port", "must be a whole number, not a string"),
        ({"port": True}, "port", "must be a whole number, not true or false"),
        ({"port": 80.5}, "port", "must be a whole number, not a number"),
        ({"defaultActions": {"type": "forward"}}, "defaultActions", "must be a list, not an object"),
        ({"defaultActions": [{"type": 1}]}, "defaultActions[0].type", "must be a string, not a whole number"),
        ({"defaultActions": [{}]}, "defaultActions[0].type", 'requires "type"'),
        (
            {"defaultActions": [{"type": "redirect", "redirect": {"statusCod": "HTTP_301"}}]},
            "defaultActions[0].redirect.statusCod",
            'Did you mean "statusCode"?',
        ),
        ({"loadBalancerArn": None}, "loadBalancerArn", 'requires "loadBalancerArn"'),
        ({"tags": {"a": 1}}, "tags.a", "must be a string"),
        ({"tags": "a=b"}, "tags", "must be a map, not a string"),
    ],
)
def test_inputs_that_the_sdk_does_not_allow_are_named(change: dict[str, Any], path: str, words: str) -> None:
    assert words in failures(LISTENER, GOOD | change)[path]


def test_messages_do_not_repeat_values() -> None:
    assert "hunter2" not in str(failures(LISTENER, GOOD | {"port": "hunter2"}))


def test_a_property_of_two_types_takes_either() -> None:
    policy = "aws:s3/bucketPolicy:BucketPolicy"
    statement = {"Effect": "Allow", "Action": "s3:*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    assert failures(policy, {"bucket": "b", "policy": "{}"}) == {}
    assert failures(policy, {"bucket": "b", "policy": document}) == {}
    assert list(failures(policy, {"bucket": "b", "policy": {"Statement": [{"Effect": 1}]}})) != []
    assert list(failures(policy, {"bucket": "b", "policy": 1})) == ["policy"]


def test_a_class_with_the_name_of_a_nested_one_is_found() -> None:
    assert "versioningConfiguration" in schema.inputs_of("aws:s3/bucketVersioning:BucketVersioning").properties


@pytest.mark.parametrize("token", ["aws:ec2/nothing:Nothing", "aws:nowhere/vpc:Vpc"])
def test_a_type_that_the_sdk_lacks_is_refused(token: str) -> None:
    with pytest.raises(LookupError, match=token):
        schema.inputs_of(token)


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


def test_a_name_of_the_program_is_kept() -> None:
    assert filled(AutoName(), {"name": "mine"}) == {"name": "mine"}
    assert not is_automatic(AutoName(), {"name": "mine"})


def test_a_name_that_the_program_drops_becomes_automatic() -> None:
    assert filled(AutoName(), {}, {"name": "mine"})["name"].startswith("Front-Balancer-")


def test_a_name_prefix_of_the_program_is_used() -> None:
    named = filled(AutoName(), {"namePrefix": "aws-waf-logs-"})
    assert re.fullmatch(r"aws-waf-logs-[0-9a-f]{26}", named["name"])
    assert filled(AutoName(), {"namePrefix": "other-"}, dict(named))["name"].startswith("other-")
    assert named[DEFAULTS] == ["name"]
