"""Patches of ACM: a certificate is issued when its validation records exist."""

from typing import Any

import pytest

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

NAMES = ["app.example.com", "www.example.com", "shop.example.com"]


@pytest.fixture
def arn(cloud: EmbeddedCloud) -> str:
    request = {"DomainName": NAMES[0], "SubjectAlternativeNames": NAMES[1:], "ValidationMethod": "DNS"}
    return str(client(cloud, "acm").request_certificate(**request)["CertificateArn"])


def describe(cloud: EmbeddedCloud, arn: str) -> dict[str, Any]:
    certificate: dict[str, Any] = client(cloud, "acm").describe_certificate(CertificateArn=arn)["Certificate"]
    return certificate


def publish(cloud: EmbeddedCloud, options: list[dict[str, Any]]) -> None:
    route53 = client(cloud, "route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    changes = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": option["ResourceRecord"]["Name"],
                "Type": "CNAME",
                "TTL": 60,
                "ResourceRecords": [{"Value": option["ResourceRecord"]["Value"]}],
            },
        }
        for option in options
    ]
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": changes})


def test_a_certificate_waits_for_the_records_of_every_name(cloud: EmbeddedCloud, arn: str) -> None:
    options = describe(cloud, arn)["DomainValidationOptions"]
    publish(cloud, options[:-1])
    assert describe(cloud, arn)["Status"] == "PENDING_VALIDATION"
    publish(cloud, options)
    assert describe(cloud, arn)["Status"] == "ISSUED"


def test_a_record_with_another_value_validates_nothing(cloud: EmbeddedCloud, arn: str) -> None:
    options = describe(cloud, arn)["DomainValidationOptions"]
    wrong = [
        {**option, "ResourceRecord": {**option["ResourceRecord"], "Value": "elsewhere.example."}} for option in options
    ]
    publish(cloud, wrong)
    assert describe(cloud, arn)["Status"] == "PENDING_VALIDATION"


def test_names_and_their_records_are_described_in_the_order_of_the_request(cloud: EmbeddedCloud, arn: str) -> None:
    certificate = describe(cloud, arn)
    assert certificate["SubjectAlternativeNames"] == NAMES
    assert [option["DomainName"] for option in certificate["DomainValidationOptions"]] == NAMES


def test_only_an_issued_certificate_has_a_date_of_issue(cloud: EmbeddedCloud, arn: str) -> None:
    assert "IssuedAt" not in describe(cloud, arn)
    publish(cloud, describe(cloud, arn)["DomainValidationOptions"])
    assert "IssuedAt" in describe(cloud, arn)


def test_a_deleted_certificate_can_be_requested_again(cloud: EmbeddedCloud) -> None:
    acm = client(cloud, "acm")
    request = {"DomainName": NAMES[0], "ValidationMethod": "DNS", "IdempotencyToken": "as-before"}
    first = acm.request_certificate(**request)["CertificateArn"]
    assert acm.request_certificate(**request)["CertificateArn"] == first
    acm.delete_certificate(CertificateArn=first)
    assert acm.request_certificate(**request)["CertificateArn"] != first
