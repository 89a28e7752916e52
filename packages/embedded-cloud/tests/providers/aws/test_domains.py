"""Hosted zones, certificates and e-mail identities, through the provider protocol."""

from typing import Any

import pytest

ZONE = "aws:route53/zone:Zone"
RECORD = "aws:route53/record:Record"
CERTIFICATE = "aws:acm/certificate:Certificate"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
NAMES: dict[str, Any] = {
    "domainName": "app.example.com",
    "subjectAlternativeNames": ["www.example.com"],
    "validationMethod": "DNS",
}


@pytest.fixture(scope="module")
def certificate(emulation: Any) -> Any:
    return emulation.resource(CERTIFICATE, "site", **NAMES)


def test_records_of_a_zone(emulation: Any) -> None:
    zone = emulation.resource(ZONE, "zone", name="example.net")
    zone.assert_unchanged()
    alias = {"name": "front.us-east-1.elb.amazonaws.com", "zoneId": "Z35SXDOTRQ7X7K", "evaluateTargetHealth": True}
    inputs: dict[str, Any] = {"zoneId": zone.id, "name": "app.example.net", "type": "A", "aliases": [alias]}
    record = emulation.resource(RECORD, "alias", **inputs)
    record.assert_unchanged()
    plain = {"zoneId": zone.id, "name": "txt", "type": "TXT", "records": ["hello", "world"], "ttl": 60}
    text = emulation.resource(RECORD, "txt", **plain)
    text.assert_unchanged()
    assert text.state["fqdn"] == "txt.example.net"
    assert text.diff(**{**plain, "records": ["world", "hello"]}) == (set(), set())
    assert text.diff(**{**plain, "name": "other"})[1] == {"name"}
    text.up(**{**plain, "ttl": 30})
    assert text.drift() == {}
    for resource in (record, text, zone):
        resource.assert_deletable()


def test_a_record_replaces_another_one_only_with_allow_overwrite(emulation: Any, refusal: Any) -> None:
    zone = emulation.resource(ZONE, "shared", name="example.org")
    inputs = {"zoneId": zone.id, "name": "example.org", "type": "TXT", "records": ["a"], "ttl": 60}
    emulation.resource(RECORD, "first", **inputs)
    message = refusal(lambda: emulation.resource(RECORD, "second", **inputs))
    words = "[Tried to create resource record set [name='example.org.', type='TXT'] but it already exists]"
    assert words in message
    assert "(InvalidChangeBatch)" in message
    assert emulation.resource(RECORD, "third", **inputs, allowOverwrite=True).is_there()


def test_a_zone_of_the_account_is_found(emulation: Any, refusal: Any) -> None:
    found = emulation.call("aws:route53/getZone:getZone", name="example.com", privateZone=False)
    assert found["name"] == "example.com"
    assert len(found["nameServers"]) >= 1
    message = refusal(lambda: emulation.call("aws:route53/getZone:getZone", name="none.example"))
    assert "no matching Route 53 Hosted Zone found: none.example" in message


def test_a_zone_is_not_found_by_a_name_that_two_have(emulation: Any, refusal: Any) -> None:
    first, second = (emulation.resource(ZONE, name, name="twice.example") for name in ("one", "two"))
    message = refusal(lambda: emulation.call("aws:route53/getZone:getZone", name="twice.example"))
    assert "multiple Route 53 Hosted Zones found" in message
    assert emulation.call("aws:route53/getZone:getZone", zoneId=second.id)["name"] == "twice.example"
    for zone in (first, second):
        zone.assert_deletable()


def test_an_alias_has_no_ttl(emulation: Any, refusal: Any) -> None:
    alias = {"name": "front.us-east-1.elb.amazonaws.com", "zoneId": "Z35SXDOTRQ7X7K", "evaluateTargetHealth": True}
    wrong = {"zoneId": "Z", "name": "a", "type": "A", "aliases": [alias], "ttl": 60}
    assert "ttl: conflicts with aliases" in refusal(lambda: emulation.resource(RECORD).check(**wrong))


def test_a_certificate_reports_its_validation_records(certificate: Any) -> None:
    certificate.assert_unchanged()
    names = {option["domainName"] for option in certificate.state["domainValidationOptions"]}
    assert names == {"app.example.com", "www.example.com"}
    assert certificate.diff(**{**NAMES, "domainName": "b.example.com"})[1] == {"domainName"}


def test_a_validation_without_a_record_for_each_name_is_refused(emulation: Any, certificate: Any, refusal: Any) -> None:
    first = certificate.state["domainValidationOptions"][0]["resourceRecordName"]
    wanted = {"certificateArn": certificate.id, "validationRecordFqdns": [first]}
    assert "validationRecordFqdns: no record" in refusal(lambda: emulation.resource(VALIDATION, "short", **wanted))


IDENTITY = "aws:sesv2/emailIdentity:EmailIdentity"
CONFIGURATION_SET = "aws:sesv2/configurationSet:ConfigurationSet"
EVENTS = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination"
MAIL_FROM = "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"
DKIM = {"nextSigningKeyLength": "RSA_2048_BIT"}


@pytest.fixture
def configuration_set(emulation: Any) -> Any:
    return emulation.resource(
        CONFIGURATION_SET,
        "configuration-set",
        configurationSetName="site",
        deliveryOptions={"tlsPolicy": "REQUIRE"},
        suppressionOptions={"suppressedReasons": ["BOUNCE"]},
        reputationOptions={"reputationMetricsEnabled": True},
        tags={"a": "b"},
    )


def test_an_identity_has_three_dkim_tokens_and_no_drift(emulation: Any, configuration_set: Any) -> None:
    identity = emulation.resource(
        IDENTITY,
        "domain",
        emailIdentity="app.example.com",
        configurationSetName=configuration_set.id,
        dkimSigningAttributes=DKIM,
        tags={"a": "b"},
    )
    assert len(set(identity.state["dkimSigningAttributes"]["tokens"])) == 3
    assert identity.state["arn"].endswith(":identity/app.example.com")
    assert identity.drift() == {}
    assert emulation.client("sesv2").get_email_identity(EmailIdentity="app.example.com")["IdentityType"] == "DOMAIN"
    found = emulation.call("aws:sesv2/getEmailIdentity:getEmailIdentity", emailIdentity="app.example.com")
    assert found["dkimSigningAttributes"][0]["tokens"] == identity.state["dkimSigningAttributes"]["tokens"]
    assert (found["configurationSetName"], found["tags"]) == ("site", {"a": "b"})
    changed, replacing = identity.diff(emailIdentity="example.com", dkimSigningAttributes=DKIM, tags={"a": "b"})
    assert "emailIdentity" in changed & replacing
    identity.assert_deletable()


def test_an_identity_that_exists_is_refused(emulation: Any, refusal: Any) -> None:
    emulation.client("sesv2").create_email_identity(EmailIdentity="theirs.example.com")
    message = refusal(lambda: emulation.resource(IDENTITY, "ours", emailIdentity="theirs.example.com"))
    assert "Email identity theirs.example.com already exist. (AlreadyExistsException)" in message


def test_a_configuration_set_keeps_its_options(emulation: Any, configuration_set: Any) -> None:
    assert configuration_set.drift() == {}
    found = emulation.client("sesv2").get_configuration_set(ConfigurationSetName="site")
    assert found["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    configuration_set.assert_deletable()


def test_events_and_mail_from_need_their_parents(emulation: Any, refusal: Any, configuration_set: Any) -> None:
    topic = emulation.client("sns").create_topic(Name="alarms")["TopicArn"]
    destination = {"matchingEventTypes": ["BOUNCE"], "snsDestination": {"topicArn": topic}}
    events = emulation.resource(
        EVENTS,
        "events",
        configurationSetName=configuration_set.id,
        eventDestinationName="alarms",
        eventDestination=destination,
    )
    assert events.drift() == {}
    emulation.resource(IDENTITY, "domain", emailIdentity="app.example.com", dkimSigningAttributes=DKIM)
    mail_from = emulation.resource(
        MAIL_FROM, "mail-from", emailIdentity="app.example.com", mailFromDomain="bounce.app.example.com"
    )
    assert mail_from.drift() == {}
    configuration_set.delete()
    assert not events.is_there()
