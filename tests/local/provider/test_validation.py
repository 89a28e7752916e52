"""Inputs against the installed SDK's classes."""

from typing import Any

import pytest

from local.provider import schema
from local.provider.validation import check_object
from local.provider.values import UNKNOWN

LISTENER = "aws:lb/listener:Listener"
GOOD: dict[str, Any] = {"loadBalancerArn": "arn", "port": 80, "defaultActions": [{"type": "forward"}]}


def failures(token: str, values: dict[str, Any]) -> dict[str, str]:
    return {failure.property: failure.reason for failure in check_object(values, schema.inputs_of(token))}


def test_what_the_sdk_allows_passes() -> None:
    assert failures(LISTENER, GOOD) == {}


def test_values_not_known_yet_fit_anywhere() -> None:
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
def test_what_the_sdk_does_not_allow_is_named(change: dict[str, Any], path: str, words: str) -> None:
    assert words in failures(LISTENER, GOOD | change)[path]


def test_a_wrong_value_is_never_repeated_as_it_may_be_a_secret() -> None:
    assert "hunter2" not in str(failures(LISTENER, GOOD | {"port": "hunter2"}))


def test_a_property_of_two_types_takes_either() -> None:
    policy = "aws:s3/bucketPolicy:BucketPolicy"
    statement = {"Effect": "Allow", "Action": "s3:*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    assert failures(policy, {"bucket": "b", "policy": "{}"}) == {}
    assert failures(policy, {"bucket": "b", "policy": document}) == {}
    assert list(failures(policy, {"bucket": "b", "policy": {"Statement": [{"Effect": 1}]}})) != []
    assert list(failures(policy, {"bucket": "b", "policy": 1})) == ["policy"]


def test_a_class_whose_name_a_nested_one_took_is_found() -> None:
    assert "versioningConfiguration" in schema.inputs_of("aws:s3/bucketVersioning:BucketVersioning").properties


@pytest.mark.parametrize("token", ["aws:ec2/nothing:Nothing", "aws:nowhere/vpc:Vpc"])
def test_a_type_the_sdk_does_not_have_is_refused(token: str) -> None:
    with pytest.raises(LookupError, match=token):
        schema.inputs_of(token)
