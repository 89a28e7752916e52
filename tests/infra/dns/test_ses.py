"""Amazon SES: the sender's identity, its records and its bounce notifications."""

from dataclasses import replace
from typing import Any

import pytest

from infra.dns.existing_identity import AdoptedIdentity
from infra.dns.ses import SesIdentity, SesIdentityArgs, SesNotifications
from tests.recorder import Recorder, new_engine

ARGS = SesIdentityArgs(
    sender="no-reply@app.preqly.com", zone_id="Z0EXISTING", region="eu-west-1", dmarc_record=True, retain_records=True
)
IDENTITY = "sesv2/emailIdentity:EmailIdentity"
RECORD = "route53/record:Record"


@pytest.fixture(scope="module")
def identity() -> tuple[Recorder, Any]:
    """The identity with its notifications: the recorded engine, and what the task role gets."""
    engine = new_engine()

    def program() -> Any:
        identity = SesIdentity("email", ARGS)
        assert identity.configuration_set is not None
        SesNotifications("email-events", identity.configuration_set, "topic-arn")
        return identity.ses_sender

    return engine, engine.run(program)


def records(engine: Recorder) -> dict[tuple[str, str], list[str]]:
    made = [record.inputs for record in engine.all("route53/record:Record")]
    return {(record["type"], record["name"]): record["records"] for record in made}


def test_receivers_find_dkim_keys_mail_from_domain_and_dmarc_policy(identity: tuple[Recorder, Any]) -> None:
    engine, _ = identity
    assert records(engine) == {
        **{
            ("CNAME", f"token{index}._domainkey.app.preqly.com"): [f"token{index}.dkim.amazonses.com"]
            for index in range(3)
        },
        ("MX", "bounce.app.preqly.com"): ["10 feedback-smtp.eu-west-1.amazonses.com"],
        ("TXT", "bounce.app.preqly.com"): ["v=spf1 include:amazonses.com -all"],
        ("TXT", "_dmarc.app.preqly.com"): ["v=DMARC1; p=quarantine"],
    }
    mail_from = engine.one("sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes")
    assert mail_from["mailFromDomain"] == "bounce.app.preqly.com"
    assert mail_from["behaviorOnMxFailure"] == "USE_DEFAULT_VALUE"


def test_a_domain_with_a_dmarc_policy_keeps_it(engine: Recorder) -> None:
    engine.run(lambda: SesIdentity("email", replace(ARGS, sender="no-reply@preqly.com", dmarc_record=False)).ses_sender)
    assert ("MX", "bounce.preqly.com") in records(engine)
    assert ("TXT", "_dmarc.preqly.com") not in records(engine)


def test_a_dmarc_policy_that_somebody_changed_is_written_as_it_is(engine: Recorder) -> None:
    changed = ("v=DMARC1; p=reject; rua=mailto:ops@preqly.com",)
    engine.run(lambda: SesIdentity("email", replace(ARGS, dmarc_values=changed)).ses_sender)
    assert records(engine)["TXT", "_dmarc.app.preqly.com"] == list(changed)


def test_mail_of_the_identity_needs_tls_and_is_not_sent_again_to_addresses_that_bounce(
    identity: tuple[Recorder, Any],
) -> None:
    engine, _ = identity
    domain = engine.one("sesv2/emailIdentity:EmailIdentity")
    rules = engine.one("sesv2/configurationSet:ConfigurationSet")
    assert domain["emailIdentity"] == "app.preqly.com"
    assert domain["dkimSigningAttributes"] == {"nextSigningKeyLength": "RSA_2048_BIT"}
    assert domain["configurationSetName"] == rules["configurationSetName"] == "preqly-test"
    assert rules["deliveryOptions"] == {"tlsPolicy": "REQUIRE"}
    assert rules["suppressionOptions"] == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}
    assert rules["reputationOptions"] == {"reputationMetricsEnabled": True}


def test_the_task_role_names_identity_configuration_set_and_sender(identity: tuple[Recorder, Any]) -> None:
    _, ses = identity
    assert ses.identity_arn == "arn:aws:ses:us-east-1:123456789012:identity/app.preqly.com"
    assert ses.configuration_set_arn == "arn:aws:ses:us-east-1:123456789012:configuration-set/preqly-test"
    assert ses.sender == "no-reply@app.preqly.com"


def test_bounces_and_complaints_go_to_the_alarm_topic(identity: tuple[Recorder, Any]) -> None:
    engine, _ = identity
    destination = engine.one("sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
    assert destination["configurationSetName"] == "preqly-test"
    assert destination["eventDestination"] == {
        "enabled": True,
        "matchingEventTypes": ["BOUNCE", "COMPLAINT", "REJECT"],
        "snsDestination": {"topicArn": "topic-arn"},
    }


def test_only_the_dmarc_policy_stays_when_the_stack_is_destroyed(identity: tuple[Recorder, Any]) -> None:
    """The domain's other mail may rely on it; the rest is useless without the identity."""
    engine, _ = identity
    assert {name for (token, name), asked in engine.requests.items() if asked.retainOnDelete} == {"email-dmarc"}


def adopt(engine: Recorder, adopted: AdoptedIdentity) -> Any:
    """An adopted identity; answers its sender and its configuration set."""

    def program() -> Any:
        identity = SesIdentity("email", replace(ARGS, adopted=adopted))
        return [identity.ses_sender, identity.configuration_set]

    return engine.run(program)


def test_an_adopted_identity_is_neither_made_nor_changed_and_its_records_stay(engine: Recorder) -> None:
    sender, configuration_set = adopt(engine, AdoptedIdentity(("one", "two", "three"), "theirs"))
    made = {resource.typ.removeprefix("aws:") for resource in engine.resources if resource.custom}
    assert made == {RECORD}
    names = {record["name"] for record in (one.inputs for one in engine.all(RECORD)) if record["type"] == "CNAME"}
    assert names == {f"{token}._domainkey.app.preqly.com" for token in ("one", "two", "three")}
    for record in engine.all(RECORD):
        # The same record exists already; deleting it would stop the mail of the identity's owner.
        assert record.inputs["allowOverwrite"] is True
        assert engine.options(RECORD, record.name).retainOnDelete
    assert sender.identity_arn == "arn:aws:ses:us-east-1:123456789012:identity/app.preqly.com"
    assert sender.configuration_set_arn == "arn:aws:ses:us-east-1:123456789012:configuration-set/theirs"
    assert configuration_set == "theirs"


def test_an_adopted_identity_may_have_a_key_of_its_own_and_no_configuration_set(engine: Recorder) -> None:
    sender, configuration_set = adopt(engine, AdoptedIdentity((), ""))
    assert [record.inputs["type"] for record in engine.all(RECORD)] == ["TXT"]
    assert sender.configuration_set_arn is None
    assert configuration_set is None
