"""Parameters, through the provider protocol."""

from typing import Any

import pytest

PARAMETER = "aws:ssm/parameter:Parameter"
BY_PATH = "aws:ssm/getParametersByPath:getParametersByPath"


def stored(emulation: Any, name: str) -> str:
    return str(emulation.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def test_a_parameter_is_secret_unless_the_program_says_otherwise(emulation: Any, refusal: Any) -> None:
    parameter = emulation.resource(PARAMETER, type="SecureString", value="one", tags={"a": "b"})
    assert parameter.drift() == {}
    assert "value" in parameter.secrets
    parameter.up(type="SecureString", value="two")
    assert stored(emulation, parameter.id) == "two"
    parameter.delete()
    assert not parameter.is_there()


def test_every_argument_of_a_parameter_is_stored_without_drift(emulation: Any) -> None:
    key = emulation.client("kms").create_key()["KeyMetadata"]["KeyId"]
    said = {"description": "why", "tier": "Advanced", "allowedPattern": "^[a-z]+$", "dataType": "text"}
    parameter = emulation.resource(
        PARAMETER, "full", name="/site/full", type="SecureString", value="one", keyId=key, overwrite=False, **said
    )
    assert parameter.drift() == {}
    (described,) = emulation.client("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": ["/site/full"]}]
    )["Parameters"]
    assert {name: described[name[0].upper() + name[1:]] for name in said} == said
    assert described["KeyId"] == key


def test_a_plain_value_is_no_secret(emulation: Any) -> None:
    parameter = emulation.resource(PARAMETER, "plain", name="/site/plain", type="String", insecureValue="{}")
    assert parameter.drift() == {}
    assert "insecureValue" not in parameter.secrets
    parameter.up(type="String", name="/site/plain", insecureValue="new")
    assert stored(emulation, "/site/plain") == "new"


def test_a_write_only_value_is_written_again_with_a_higher_version(emulation: Any) -> None:
    said = {"name": "/site/written", "type": "SecureString"}
    parameter = emulation.resource(PARAMETER, "written", **said, valueWo="one", valueWoVersion=1)
    assert parameter.drift() == {}
    assert "value" not in parameter.state
    assert parameter.diff(**said, valueWo="two", valueWoVersion=1) == (set(), set())
    parameter.up(**said, valueWo="two", valueWoVersion=2)
    assert stored(emulation, "/site/written") == "two"


def test_a_value_written_outside_pulumi_is_drift_that_a_program_may_ignore(emulation: Any) -> None:
    said = {"name": "/site/releases", "type": "String", "insecureValue": "{}"}
    parameter = emulation.resource(PARAMETER, "releases", **said)
    emulation.client("ssm").put_parameter(Name="/site/releases", Value="1", Overwrite=True)
    assert parameter.drift()["insecureValue"] == ("{}", "1")
    parameter.up(**said, tags={"a": "b"})
    assert stored(emulation, "/site/releases") == "1"


def test_an_existing_parameter_is_overwritten_only_if_asked(emulation: Any, refusal: Any) -> None:
    emulation.client("ssm").put_parameter(Name="/site/mine", Value="1", Type="String")
    said = {"name": "/site/mine", "type": "String", "value": "2"}
    assert "ParameterAlreadyExists" in refusal(lambda: emulation.resource(PARAMETER, "theirs", **said))
    emulation.resource(PARAMETER, "ours", **said, overwrite=True)
    assert stored(emulation, "/site/mine") == "2"


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"type": "String"}, "exactly one of value, insecureValue, valueWo"),
        ({"type": "String", "value": "a", "insecureValue": "b"}, "not value and insecureValue"),
        ({"type": "String", "valueWo": "a"}, "valueWo and valueWoVersion are required together"),
        ({"type": "SecureString", "insecureValue": "a"}, "is stored in plain text"),
        ({"type": "String", "value": "a", "name": "no/slash"}, "must begin with /"),
        ({"type": "String", "value": "a" * 4097}, "maximum parameter value of 4096 characters"),
    ],
)
def test_invalid_arguments_are_refused(emulation: Any, refusal: Any, inputs: dict[str, Any], told: str) -> None:
    assert told in refusal(lambda: emulation.resource(PARAMETER, "wrong", **inputs))


def test_an_advanced_parameter_does_not_become_a_standard_one(emulation: Any, refusal: Any) -> None:
    said = {"name": "/site/large", "type": "String", "value": "a"}
    parameter = emulation.resource(PARAMETER, "large", **said, tier="Advanced")
    assert "cannot change an Advanced parameter" in refusal(lambda: parameter.up(**said, tier="Standard"))


def test_parameters_are_found_by_their_path(emulation: Any) -> None:
    nothing = emulation.call(BY_PATH, path="/shop/prod")
    assert (nothing["names"], nothing["values"]) == ([], [])
    for number in range(12):
        emulation.client("ssm").put_parameter(Name=f"/shop/prod/{number:02}", Value=str(number), Type="String")
    emulation.client("ssm").put_parameter(Name="/shop/prod/deep/er", Value="hidden", Type="SecureString")
    found = emulation.call(BY_PATH, path="/shop/prod")
    assert found["names"] == [f"/shop/prod/{number:02}" for number in range(12)]
    assert found["values"] == [str(number) for number in range(12)]
    assert found["arns"][0] == "arn:aws:ssm:us-east-1:123456789012:parameter/shop/prod/00"
    deep = emulation.call(BY_PATH, path="/shop/prod", recursive=True)
    assert "hidden" in deep["values"]
