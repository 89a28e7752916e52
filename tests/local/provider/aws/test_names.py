"""Zones, records and certificates, through the provider protocol."""

from typing import Any

import pytest

ZONE = "aws:route53/zone:Zone"
RECORD = "aws:route53/record:Record"
CERTIFICATE = "aws:acm/certificate:Certificate"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
NAMES: dict[str, Any] = {
    "domainName": "app.preqly.com",
    "subjectAlternativeNames": ["www.preqly.com"],
    "validationMethod": "DNS",
}


@pytest.fixture(scope="module")
def certificate(emulation: Any) -> Any:
    return emulation.resource(CERTIFICATE, "site", **NAMES)


def unchanged(resource: Any, inputs: dict[str, Any]) -> bool:
    assert resource.drift() == {}
    assert resource.diff(**inputs) == (set(), set())
    return True


def test_records_of_a_zone(emulation: Any) -> None:
    zone = emulation.resource(ZONE, "zone", name="example.net")
    assert unchanged(zone, {"name": "example.net"})
    alias = {"name": "front.us-east-1.elb.amazonaws.com", "zoneId": "Z35SXDOTRQ7X7K", "evaluateTargetHealth": True}
    inputs: dict[str, Any] = {"zoneId": zone.id, "name": "app.example.net", "type": "A", "aliases": [alias]}
    record = emulation.resource(RECORD, "alias", **inputs)
    assert unchanged(record, inputs)
    plain = {"zoneId": zone.id, "name": "txt", "type": "TXT", "records": ["hello", "world"], "ttl": 60}
    text = emulation.resource(RECORD, "txt", **plain)
    assert unchanged(text, plain)
    assert text.state["fqdn"] == "txt.example.net"
    assert text.diff(**{**plain, "records": ["world", "hello"]}) == (set(), set())
    assert text.diff(**{**plain, "name": "other"})[1] == {"name"}
    text.up(**{**plain, "ttl": 30})
    assert text.drift() == {}
    for resource in (record, text, zone):
        resource.delete()
        assert not resource.is_there()


def test_only_a_record_that_may_overwrite_takes_the_place_of_another(emulation: Any, refusal: Any) -> None:
    zone = emulation.resource(ZONE, "shared", name="example.org")
    inputs = {"zoneId": zone.id, "name": "example.org", "type": "TXT", "records": ["a"], "ttl": 60}
    emulation.resource(RECORD, "first", **inputs)
    assert "already exists" in refusal(lambda: emulation.resource(RECORD, "second", **inputs))
    assert emulation.resource(RECORD, "third", **inputs, allowOverwrite=True).is_there()


def test_the_zone_the_account_owns_is_found(emulation: Any, refusal: Any) -> None:
    found = emulation.call("aws:route53/getZone:getZone", name="preqly.com", privateZone=False)
    assert found["name"] == "preqly.com"
    assert len(found["nameServers"]) >= 1
    message = refusal(lambda: emulation.call("aws:route53/getZone:getZone", name="nobody.example"))
    assert "no hosted zone for nobody.example" in message


def test_a_certificate_names_the_records_that_prove_it(certificate: Any) -> None:
    assert unchanged(certificate, NAMES)
    names = {option["domainName"] for option in certificate.state["domainValidationOptions"]}
    assert names == {"app.preqly.com", "www.preqly.com"}
    assert certificate.diff(**{**NAMES, "domainName": "b.preqly.com"})[1] == {"domainName"}


def test_a_validation_without_a_record_for_each_name_is_refused(emulation: Any, certificate: Any, refusal: Any) -> None:
    first = certificate.state["domainValidationOptions"][0]["resourceRecordName"]
    wanted = {"certificateArn": certificate.id, "validationRecordFqdns": [first]}
    assert "validationRecordFqdns: no record" in refusal(lambda: emulation.resource(VALIDATION, "short", **wanted))
