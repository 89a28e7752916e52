"""What the machine may do, and what it may not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from infra.machine import policies

REACH = policies.Reach(
    key_arn="arn:aws:kms:eu-west-1:123456789012:key/k",
    bucket_arn="arn:aws:s3:::machine",
    parameter_name="/preqly/prod/machine/release",
    repository_arns=["arn:aws:ecr:eu-west-1:123456789012:repository/web"],
    secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:application",
    certificate_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:certificate",
    zone_id="Z1",
    proven_hosts=["app.preqly.com", "www.preqly.com"],
    log_group_arn="arn:aws:logs:eu-west-1:123456789012:log-group:app",
    application_role_arn="arn:aws:iam::123456789012:role/application",
    preparation_role_arn="arn:aws:iam::123456789012:role/preparation",
    address="eipalloc-1",
    group_name="machine-1a2b3c4",
)
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "cloudwatch:PutMetricData",
    "ssm:UpdateInstanceInformation",
}
"""Actions for which AWS knows no resource, beside the channels of Systems Manager."""


@pytest.fixture(scope="module")
def statements() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(policies.machine(REACH))["Statement"]
    return found


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_everything_that_has_a_resource_is_named_by_it(statements: list[dict[str, Any]]) -> None:
    for statement in statements:
        if "*" in listed(statement["Resource"]):
            actions = {a for a in listed(statement["Action"]) if not a.startswith(("ssmmessages:", "ec2messages:"))}
            assert actions <= WITHOUT_RESOURCE


def test_no_action_is_a_wildcard_and_no_secret_but_two_is_readable(statements: list[dict[str, Any]]) -> None:
    actions = [action for statement in statements for action in listed(statement["Action"])]
    assert not [action for action in actions if "*" in action]
    (reading,) = [one for one in statements if "secretsmanager:GetSecretValue" in listed(one["Action"])]
    assert set(reading["Resource"]) == {REACH.secret_arn, REACH.certificate_arn}


def test_the_media_are_the_applications_business_not_the_machines(statements: list[dict[str, Any]]) -> None:
    reach = [resource for one in statements for resource in listed(one["Resource"]) if ":s3:" in resource]
    assert reach == ["arn:aws:s3:::machine/programs/*", "arn:aws:s3:::machine/releases/*"]


def test_the_machine_reads_one_parameter(statements: list[dict[str, Any]]) -> None:
    (reading,) = [one for one in statements if one["Action"] == "ssm:GetParameter"]
    assert reading["Resource"] == "arn:aws:ssm:eu-west-1:123456789012:parameter/preqly/prod/machine/release"


def test_metrics_go_into_one_namespace_and_the_key_serves_secrets_alone(statements: list[dict[str, Any]]) -> None:
    conditions = {listed(one["Action"])[0]: one["Condition"] for one in statements if "Condition" in one}
    assert conditions == {
        "kms:Decrypt": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
        "cloudwatch:PutMetricData": {"StringEquals": {"cloudwatch:namespace": "Preqly/Machine"}},
        "kms:GenerateDataKey": {
            "StringEquals": {
                "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
                "kms:EncryptionContext:SecretARN": REACH.certificate_arn,
            }
        },
        "route53:ChangeResourceRecordSets": {
            "ForAllValues:StringEquals": {
                "route53:ChangeResourceRecordSetsNormalizedRecordNames": [
                    "_acme-challenge.app.preqly.com",
                    "_acme-challenge.www.preqly.com",
                ],
                "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
                "route53:ChangeResourceRecordSetsActions": ["DELETE", "UPSERT"],
            },
            "Null": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": "false"},
        },
    }


def test_the_zone_is_changed_in_one_place_and_one_secret_is_written(statements: list[dict[str, Any]]) -> None:
    reach = {listed(one["Action"])[0]: one["Resource"] for one in statements}
    assert reach["route53:ChangeResourceRecordSets"] == "arn:aws:route53:::hostedzone/Z1"
    assert reach["secretsmanager:PutSecretValue"] == REACH.certificate_arn


def test_a_certificate_of_the_teams_own_is_read_with_its_key_and_never_written() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/theirs"
    document = json.loads(policies.machine(replace(REACH, proven_hosts=(), certificate_key_arn=key)))
    actions = {action for one in document["Statement"] for action in listed(one["Action"])}
    assert not [action for action in actions if action.startswith("route53:")]
    assert not {"secretsmanager:PutSecretValue", "kms:GenerateDataKey"} & actions
    (reading,) = [one for one in document["Statement"] if one["Action"] == "kms:Decrypt"]
    assert reading["Resource"] == [REACH.key_arn, key]


def test_only_the_machine_takes_the_applications_role() -> None:
    (statement,) = json.loads(policies.application_trust("arn:aws:iam::123456789012:role/machine"))["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:role/machine"}
    (statement,) = json.loads(policies.machine_trust())["Statement"]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}
