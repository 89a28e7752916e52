"""Hosted zone, records of the site, and the certificate that records validate."""

import pulumi
import pytest

from infra.dns.certificate import Certificate, CertificateArgs
from infra.dns.records import DnsRecords, DnsRecordsArgs, NameHook
from infra.dns.zone import COMPONENT, CREATED, Zone, ZoneArgs
from tests.infra.dns.account import wanted
from tests.recorder import new_engine

HOSTS = ("app.preqly.com", "www.preqly.com", "preqly.com", "www.preqly.io")
OTHER_ZONE = {"www.preqly.io": "Z2"}
RECORD = "route53/record:Record"
CERTIFICATE = "acm/certificate:Certificate"


def declare_zone(engine, existing_id):
    return engine.run(lambda: Zone("zone", ZoneArgs(zone="preqly.com", existing_id=existing_id, protect=True)).zone_id)


def test_an_existing_zone_is_used_and_not_changed(engine):
    assert declare_zone(engine, "Z0EXISTING") == "Z0EXISTING"
    assert engine.all("route53/zone:Zone") == []


def test_a_missing_zone_is_created_protected_and_its_delegation_is_logged(engine, monkeypatch):
    logged = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, resource=None: logged.append(message))
    assert declare_zone(engine, None) == "Z0CREATED"
    assert engine.one("route53/zone:Zone")["name"] == "preqly.com"
    assert engine.options("route53/zone:Zone", CREATED).protect
    assert engine.requests["preqly:infra:Zone", "zone"].type == COMPONENT
    (message,) = logged
    assert "delegate preqly.com at its registrar to ns-1.awsdns-1.org, ns-2.awsdns-2.com" in message


def test_every_name_leads_to_the_load_balancer_over_both_protocols(engine):
    declare_records(engine)
    records = {(record.inputs["name"], record.inputs["type"]): record.inputs for record in engine.all(RECORD)}
    assert set(records) == {(host, kind) for host in HOSTS for kind in ("A", "AAAA")}
    for record in records.values():
        assert record["zoneId"] == OTHER_ZONE.get(record["name"], "Z1")
        (alias,) = record["aliases"]
        assert alias == {"name": "front-1.elb.amazonaws.com", "zoneId": "Z35", "evaluateTargetHealth": True}


def declare_certificate(engine, hosts=HOSTS, **more):
    zone_ids = dict.fromkeys(hosts, "Z1") | OTHER_ZONE
    args = CertificateArgs(hosts=hosts, zone_ids=zone_ids, retained=frozenset(hosts), **more)
    return engine.run(lambda: Certificate("certificate", args).certificate_arn)


@pytest.fixture(scope="module")
def certified():
    """A certificate for three hosts: the recorded engine and the ARN that its users get."""
    engine = new_engine()
    return engine, declare_certificate(engine)


def test_every_host_is_on_the_certificate(certified):
    certificate = certified[0].one(CERTIFICATE)
    assert certificate["domainName"] == "app.preqly.com"
    assert certificate["subjectAlternativeNames"] == ["www.preqly.com", "preqly.com", "www.preqly.io"]
    assert certificate["validationMethod"] == "DNS"


def test_a_single_host_needs_no_alternative_names(engine):
    declare_certificate(engine, hosts=("app.preqly.com",))
    assert "subjectAlternativeNames" not in engine.one(CERTIFICATE)


def test_each_host_is_validated_by_a_record_in_its_zone_that_an_earlier_certificate_may_share(certified):
    records = {record.inputs["name"]: record.inputs for record in certified[0].all(RECORD)}
    assert records.keys() == {f"_0123456789abcdef.{host}." for host in HOSTS}
    for host in HOSTS:
        record = records[f"_0123456789abcdef.{host}."]
        assert record["records"] == [f"_{host}.acm-validations.aws."]
        zone_id = OTHER_ZONE.get(host, "Z1")
        assert (record["type"], record["zoneId"], record["allowOverwrite"]) == ("CNAME", zone_id, True)


def test_the_proof_of_ownership_stays_for_other_certificates_of_the_same_name(certified):
    engine, _ = certified
    for record in engine.all(RECORD):
        assert engine.options(RECORD, record.name).retainOnDelete


def test_an_existing_certificate_needs_no_resource(engine):
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/theirs"
    assert declare_certificate(engine, existing_arn=arn) == arn
    assert [resource.typ for resource in engine.resources] == ["preqly:infra:Certificate"]


def declare_records(engine, **more):
    args = DnsRecordsArgs(
        hosts=HOSTS,
        zone_ids=dict.fromkeys(HOSTS, "Z1") | OTHER_ZONE,
        load_balancer_dns="front-1.elb.amazonaws.com",
        load_balancer_zone_id="Z35",
        ready=[],
        **more,
    )
    engine.run(lambda: DnsRecords("names", args) and None)


def test_only_records_of_names_that_were_taken_over_stay(engine):
    declare_records(engine, retained=frozenset({"www.preqly.com"}))
    stay = {name for (token, name), asked in engine.requests.items() if asked.retainOnDelete}
    assert stay == {"names-www.preqly.com-a", "names-www.preqly.com-aaaa"}


def test_a_record_replaces_another_only_after_its_hook_allowed_it(engine):
    declare_records(engine, hooks=NameHook(wanted(hosts=HOSTS), dict.fromkeys(HOSTS, "Z1")))
    for host in HOSTS:
        for kind in ("a", "aaaa"):
            asked = engine.options(RECORD, f"names-{host}-{kind}")
            assert list(asked.hooks.before_create) == [f"names-{host}-take-over"] == list(asked.hooks.before_update)
        # One change replaces both, so the second record waits for the first.
        assert any(urn.endswith(f"::names-{host}-a") for urn in asked.dependencies)
    assert all(record.inputs["allowOverwrite"] for record in engine.all(RECORD))


def test_a_record_in_a_zone_of_the_stack_replaces_nothing(engine):
    declare_records(engine, hooks=NameHook(wanted(hosts=HOSTS), OTHER_ZONE))
    overwriting = {record.inputs["name"] for record in engine.all(RECORD) if record.inputs["allowOverwrite"]}
    assert overwriting == OTHER_ZONE.keys()


def test_users_of_the_certificate_wait_until_it_is_issued_which_must_not_take_long(certified):
    engine, arn = certified
    issued = engine.one("acm/certificateValidation:CertificateValidation")
    assert issued["certificateArn"] == arn
    assert len(issued["validationRecordFqdns"]) == len(HOSTS)
    # A zone that is not delegated never validates.
    options = engine.options("acm/certificateValidation:CertificateValidation", "certificate-issued")
    assert options.customTimeouts.create == "15m"
