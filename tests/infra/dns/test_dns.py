"""Hosted zone, records of the site, and the certificate that records validate."""

import pulumi
import pytest

from infra.dns.certificate import Certificate, CertificateArgs
from infra.dns.records import DnsRecords, DnsRecordsArgs
from infra.dns.zone import Zone, ZoneArgs
from tests.recorder import new_engine

HOSTS = ("app.preqly.com", "www.preqly.com", "preqly.com")
RECORD = "route53/record:Record"
CERTIFICATE = "acm/certificate:Certificate"


def declare_zone(engine, create):
    def program():
        zone = Zone("zone", ZoneArgs(zone="preqly.com", create=create, protect=True))
        return {"id": zone.zone_id, "servers": zone.name_servers}

    return engine.run(program)


def test_an_existing_zone_is_looked_up_and_not_changed(engine):
    assert declare_zone(engine, create=False)["id"] == "Z0EXISTING"
    assert engine.all("route53/zone:Zone") == []
    (call,) = engine.calls
    assert (call.args["name"], call.args["privateZone"]) == ("preqly.com", False)


def test_a_missing_zone_is_created_protected_and_its_delegation_is_logged(engine, monkeypatch):
    logged = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, resource=None: logged.append(message))
    assert declare_zone(engine, create=True)["id"] == "Z0CREATED"
    assert engine.one("route53/zone:Zone")["name"] == "preqly.com"
    assert engine.calls == []
    assert engine.options("route53/zone:Zone", "zone-public").protect
    (message,) = logged
    assert "delegate preqly.com at its registrar to ns-1.awsdns-1.org, ns-2.awsdns-2.com" in message


def test_every_name_leads_to_the_load_balancer_over_both_protocols(engine):
    args = DnsRecordsArgs(
        hosts=HOSTS, zone_id="Z1", load_balancer_dns="front-1.elb.amazonaws.com", load_balancer_zone_id="Z35", ready=[]
    )
    engine.run(lambda: DnsRecords("names", args) and None)
    records = {(record.inputs["name"], record.inputs["type"]): record.inputs for record in engine.all(RECORD)}
    assert set(records) == {(host, kind) for host in HOSTS for kind in ("A", "AAAA")}
    for record in records.values():
        assert record["zoneId"] == "Z1"
        (alias,) = record["aliases"]
        assert alias == {"name": "front-1.elb.amazonaws.com", "zoneId": "Z35", "evaluateTargetHealth": True}


def declare_certificate(engine, hosts=HOSTS):
    return engine.run(lambda: Certificate("certificate", CertificateArgs(hosts=hosts, zone_id="Z1")).certificate_arn)


@pytest.fixture(scope="module")
def certified():
    """A certificate for three hosts: the recorded engine and the ARN that its users get."""
    engine = new_engine()
    return engine, declare_certificate(engine)


def test_every_host_is_on_the_certificate(certified):
    certificate = certified[0].one(CERTIFICATE)
    assert certificate["domainName"] == "app.preqly.com"
    assert certificate["subjectAlternativeNames"] == ["www.preqly.com", "preqly.com"]
    assert certificate["validationMethod"] == "DNS"


def test_a_single_host_needs_no_alternative_names(engine):
    declare_certificate(engine, hosts=("app.preqly.com",))
    assert "subjectAlternativeNames" not in engine.one(CERTIFICATE)


def test_each_host_is_validated_by_a_record_that_an_earlier_certificate_may_share(certified):
    records = {record.inputs["name"]: record.inputs for record in certified[0].all(RECORD)}
    assert records.keys() == {f"_0123456789abcdef.{host}." for host in HOSTS}
    for host in HOSTS:
        record = records[f"_0123456789abcdef.{host}."]
        assert record["records"] == [f"_{host}.acm-validations.aws."]
        assert (record["type"], record["zoneId"], record["allowOverwrite"]) == ("CNAME", "Z1", True)


def test_users_of_the_certificate_wait_until_it_is_issued_which_must_not_take_long(certified):
    engine, arn = certified
    issued = engine.one("acm/certificateValidation:CertificateValidation")
    assert issued["certificateArn"] == arn
    assert len(issued["validationRecordFqdns"]) == len(HOSTS)
    # A zone that is not delegated never validates.
    options = engine.options("acm/certificateValidation:CertificateValidation", "certificate-issued")
    assert options.customTimeouts.create == "15m"
