"""References to secrets, in the forms that ECS takes."""

import pytest

from infra.secrets.reference import SecretReference, labelled_versions, pinned_versions

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/stripe-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/team/token"
RDS = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1234-AbCdEf"


@pytest.mark.parametrize(
    "text", [SECRET, f"{SECRET}:key::", f"{SECRET}:::v-1", f"{SECRET}:key:AWSPREVIOUS:", f"{RDS}:password::", PARAMETER]
)
def test_a_reference_is_read_and_written_in_the_same_form(text: str) -> None:
    assert str(SecretReference.parse(text)) == text


def test_a_reference_has_its_parts() -> None:
    found = SecretReference.parse(f"{SECRET}:key::v-1")
    assert (found.arn, found.key, found.stage, found.version) == (SECRET, "key", "", "v-1")
    assert (found.service, found.region, found.account) == ("secretsmanager", "eu-west-1", "123456789012")
    assert SecretReference.parse(PARAMETER).service == "ssm"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stripe",
        "/team/token",
        f"{SECRET}:key",
        f"{SECRET}:key::v:x",
        f"{PARAMETER}:3",
        f"{PARAMETER}:key::",
        "arn:aws:s3:::bucket",
        "arn:aws:ssm:us-east-1:123456789012:document/x",
        f"{SECRET} ",
    ],
)
def test_other_text_is_no_reference(text: str) -> None:
    with pytest.raises(ValueError, match="is not the ARN of a secret"):
        SecretReference.parse(text)


def test_a_task_definition_names_versions_by_reference_or_by_label() -> None:
    definition = {
        "containerDefinitions": [
            {"name": "proxy"},
            {
                "name": "web",
                "secrets": [
                    {"name": "A", "valueFrom": f"{SECRET}:a::v-1"},
                    {"name": "B", "valueFrom": f"{RDS}:password::"},
                    {"name": "C", "valueFrom": PARAMETER},
                    {"name": "D", "valueFrom": "/a/bare/name"},
                ],
                "dockerLabels": {"secret-version.B": "v-7", "secret-version.C": "3", "other": "x"},
            },
        ]
    }
    assert pinned_versions(definition) == {SECRET: "v-1"}
    assert labelled_versions(definition) == {RDS: "v-7", PARAMETER: "3"}
