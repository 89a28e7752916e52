"""Settings for what exists before the stack."""

import pytest

from tests.infra.settings_helpers import load, only_problem

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("values", "key", "rule"),
    [
        ({"zoneId": "/hostedzone/Z0123"}, "zoneId", "without /hostedzone/"),
        ({"zoneId": "preqly.com"}, "zoneId", "must be the id of a hosted zone"),
        ({"zoneId": "Z0123", "createZone": "true"}, "zoneId", "createZone makes another one"),
        ({"dnsRecords": "takeover"}, "dnsRecords", "must be create, takeOver or none"),
        ({"certificateArn": "app.preqly.com"}, "certificateArn", "must be the ARN of a certificate in ACM"),
        ({"certificateArn": ARN.replace("us-east-1", "eu-west-1")}, "certificateArn", "takes one of its own region"),
        ({"certificateArn": ARN.replace("acm", "iam")}, "certificateArn", "must be the ARN of a certificate in ACM"),
        ({"adoptEmailIdentity": "true"}, "adoptEmailIdentity", "because emailUrl is not ses://"),
    ],
)
def test_a_wrong_value_is_refused(values: dict[str, str], key: str, rule: str) -> None:
    problem = only_problem(**values)
    assert problem.key == f"preqly:{key}"
    assert rule in problem.rule
    assert problem.fix


def test_what_exists_may_be_used() -> None:
    found = load(
        zoneId="Z0123456789ABC",
        dnsRecords="takeOver",
        certificateArn=ARN,
        emailUrl="ses://",
        adoptEmailIdentity="true",
    )
    assert (found.zone_id, found.dns_records, found.certificate_arn) == ("Z0123456789ABC", "takeOver", ARN)
    assert found.adopt_email_identity
