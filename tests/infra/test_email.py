import json
from typing import Any

import pytest

from infra.email import Email, EmailArgs, EmailEvents


@pytest.fixture
def email(engine: Any) -> Any:
    """Declares the mail of a sender; what it may send comes back."""

    def declare(sender: str = "no-reply@app.preqly.com", *, decides_dmarc: bool = True) -> Any:
        args = EmailArgs(sender=sender, zone_id="Z0EXISTING", region="eu-west-1", decides_dmarc=decides_dmarc)
        return engine.run(lambda: Email("email", args).mail)

    return declare


def records(engine: Any) -> dict[tuple[str, str], list[str]]:
    made = [record.inputs for record in engine.all("route53/record:Record")]
    return {(record["type"], record["name"]): record["records"] for record in made}


def test_the_domain_of_the_sender_is_made_known_with_long_keys(engine: Any, email: Any) -> None:
    email("site@mail.preqly.com")
    identity = engine.one("sesv2/emailIdentity:EmailIdentity")
    assert identity["emailIdentity"] == "mail.preqly.com"
    assert identity["dkimSigningAttributes"] == {"nextSigningKeyLength": "RSA_2048_BIT"}


def test_receivers_find_every_key_the_bounces_domain_and_the_policy(engine: Any, email: Any) -> None:
    email()
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


def test_a_zone_of_others_keeps_its_own_policy(engine: Any, email: Any) -> None:
    email("no-reply@preqly.com", decides_dmarc=False)
    assert ("TXT", "_dmarc.preqly.com") not in records(engine)


def test_whoever_names_no_rules_sends_by_the_stacks(engine: Any, email: Any) -> None:
    """TLS on the way out, and nobody who complained or does not exist is written to again."""
    email()
    rules = engine.one("sesv2/configurationSet:ConfigurationSet")
    assert engine.one("sesv2/emailIdentity:EmailIdentity")["configurationSetName"] == rules["configurationSetName"]
    assert rules["configurationSetName"] == "preqly-test"
    assert rules["deliveryOptions"] == {"tlsPolicy": "REQUIRE"}
    assert rules["suppressionOptions"] == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}
    assert rules["reputationOptions"] == {"reputationMetricsEnabled": True}


def test_tasks_may_send_for_this_identity_and_sender_by_these_rules(engine: Any, email: Any) -> None:
    mail = email()
    assert mail.identity_arn == "arn:aws:ses:us-east-1:123456789012:identity/app.preqly.com"
    assert mail.configuration_set_arn == "arn:aws:ses:us-east-1:123456789012:configuration-set/preqly-test"
    assert mail.sender == "no-reply@app.preqly.com"


def test_mail_that_comes_back_is_told_where_the_alarms_ring(engine: Any) -> None:
    args = EmailArgs(sender="no-reply@app.preqly.com", zone_id="Z0", region="eu-west-1", decides_dmarc=True)
    engine.run(lambda: EmailEvents("email-events", Email("email", args), "topic-arn") and None)
    destination = engine.one("sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
    assert destination["configurationSetName"] == "preqly-test"
    assert destination["eventDestination"] == {
        "enabled": True,
        "matchingEventTypes": ["BOUNCE", "COMPLAINT", "REJECT"],
        "snsDestination": {"topicArn": "topic-arn"},
    }


def test_the_topic_lets_ses_publish(declared: Any) -> None:
    (statement,) = json.loads(declared.one("sns/topicPolicy:TopicPolicy")["policy"])["Statement"]
    assert "ses.amazonaws.com" in statement["Principal"]["Service"]
