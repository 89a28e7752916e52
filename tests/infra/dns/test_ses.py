"""Amazon SES: the sender's identity, its records and its bounce notifications."""

from typing import Any

import pytest

from infra.dns.ses import SesIdentity, SesIdentityArgs, SesNotifications
from tests.recorder import Recorder, new_engine

ARGS = SesIdentityArgs(sender="no-reply@app.preqly.com", zone_id="Z0EXISTING", region="eu-west-1", dmarc_record=True)


@pytest.fixture(scope="module")
def identity() -> tuple[Recorder, Any]:
    """The identity with its notifications: the recorded engine, and what the task role gets."""
    engine = new_engine()

    def program() -> Any:
        identity = SesIdentity("email", ARGS)
        SesNotifications("email-events", identity, "topic-arn")
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
    args = SesIdentityArgs(sender="no-reply@preqly.com", zone_id="Z0", region="eu-west-1", dmarc_record=False)
    engine.run(lambda: SesIdentity("email", args).ses_sender)
    assert ("MX", "bounce.preqly.com") in records(engine)
    assert ("TXT", "_dmarc.preqly.com") not in records(engine)


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
