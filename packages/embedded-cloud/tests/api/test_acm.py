"""Patches of ACM: a certificate is issued when its validation records exist."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, two_subnets

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
    request = {"DomainName": NAMES[0], "ValidationMethod": "DNS", "IdempotencyToken": "as_before"}
    first = acm.request_certificate(**request)["CertificateArn"]
    assert acm.request_certificate(**request)["CertificateArn"] == first
    acm.delete_certificate(CertificateArn=first)
    assert acm.request_certificate(**request)["CertificateArn"] != first


def forbid(cloud: EmbeddedCloud, *values: str, name: str = "example.com") -> None:
    route53 = client(cloud, "route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    record = {"Name": name, "Type": "CAA", "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": changes})


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (['0 issue "letsencrypt.org"'], "FAILED"),
        (['0 issue ";"'], "FAILED"),
        (['0 issue "letsencrypt.org"', '0 issue "amazon.com"'], "ISSUED"),
        (['0 iodef "mailto:security@example.com"'], "ISSUED"),
    ],
)
def test_caa_records_decide_whether_amazon_may_issue(
    cloud: EmbeddedCloud, arn: str, values: list[str], status: str
) -> None:
    forbid(cloud, *values)
    publish(cloud, describe(cloud, arn)["DomainValidationOptions"])
    found = describe(cloud, arn)
    assert found["Status"] == status
    assert found.get("FailureReason") == ("CAA_ERROR" if status == "FAILED" else None)


def test_a_certificate_of_a_listener_cannot_be_deleted(cloud: EmbeddedCloud, arn: str) -> None:
    elb, acm = client(cloud, "elbv2"), client(cloud, "acm")
    _, subnets = two_subnets(client(cloud, "ec2"), "10.20")
    balancer = elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[answer],
    )["Listeners"][0]["ListenerArn"]
    assert describe(cloud, arn)["InUseBy"] == [balancer]
    with pytest.raises(ClientError, match=r"\(ResourceInUseException\).* in account 123456789012 is in use\."):
        acm.delete_certificate(CertificateArn=arn)
    elb.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)


def test_two_certificates_of_one_name_share_a_proof_record(cloud: EmbeddedCloud) -> None:
    acm = client(cloud, "acm")
    both = [
        acm.request_certificate(DomainName=NAMES[0], ValidationMethod="DNS", IdempotencyToken=token)["CertificateArn"]
        for token in ("one", "two")
    ]
    first, second = (describe(cloud, one)["DomainValidationOptions"][0]["ResourceRecord"] for one in both)
    assert both[0] != both[1]
    assert first == second
