"""SES: a domain with its three keys, the rules it sends by, and where its events go."""

from typing import Any

import pytest

IDENTITY = "aws:sesv2/emailIdentity:EmailIdentity"
RULES = "aws:sesv2/configurationSet:ConfigurationSet"
EVENTS = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination"
MAIL_FROM = "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"
DKIM = {"nextSigningKeyLength": "RSA_2048_BIT"}


@pytest.fixture
def rules(emulation: Any) -> Any:
    return emulation.resource(
        RULES,
        "rules",
        configurationSetName="site",
        deliveryOptions={"tlsPolicy": "REQUIRE"},
        suppressionOptions={"suppressedReasons": ["BOUNCE"]},
        reputationOptions={"reputationMetricsEnabled": True},
        tags={"a": "b"},
    )


def test_a_domain_gets_three_keys_shows_no_drift_and_can_go(emulation: Any, rules: Any) -> None:
    identity = emulation.resource(
        IDENTITY,
        "domain",
        emailIdentity="app.preqly.com",
        configurationSetName=rules.id,
        dkimSigningAttributes=DKIM,
        tags={"a": "b"},
    )
    assert len(set(identity.state["dkimSigningAttributes"]["tokens"])) == 3
    assert identity.state["arn"].endswith(":identity/app.preqly.com")
    assert identity.drift() == {}
    assert emulation.client("sesv2").get_email_identity(EmailIdentity="app.preqly.com")["IdentityType"] == "DOMAIN"
    changed, replacing = identity.diff(emailIdentity="preqly.com", dkimSigningAttributes=DKIM, tags={"a": "b"})
    assert "emailIdentity" in changed & replacing
    identity.delete()
    assert not identity.is_there()


def test_rules_are_as_they_were_asked_for(emulation: Any, rules: Any) -> None:
    assert rules.drift() == {}
    found = emulation.client("sesv2").get_configuration_set(ConfigurationSetName="site")
    assert found["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    rules.delete()
    assert not rules.is_there()


def test_events_and_bounces_belong_to_what_exists(emulation: Any, refusal: Any, rules: Any) -> None:
    topic = emulation.client("sns").create_topic(Name="alarms")["TopicArn"]
    destination = {"matchingEventTypes": ["BOUNCE"], "snsDestination": {"topicArn": topic}}
    events = emulation.resource(
        EVENTS, "events", configurationSetName=rules.id, eventDestinationName="alarms", eventDestination=destination
    )
    assert events.drift() == {}
    emulation.resource(IDENTITY, "domain", emailIdentity="app.preqly.com", dkimSigningAttributes=DKIM)
    mail_from = emulation.resource(
        MAIL_FROM, "mail-from", emailIdentity="app.preqly.com", mailFromDomain="bounce.app.preqly.com"
    )
    assert mail_from.drift() == {}
    rules.delete()
    assert not events.is_there()


@pytest.mark.parametrize(
    ("token", "inputs", "said"),
    [
        (IDENTITY, {"emailIdentity": "app.preqly.com", "configurationSetName": "none"}, 'configuration set "none"'),
        (MAIL_FROM, {"emailIdentity": "none.preqly.com"}, 'e-mail identity "none.preqly.com"'),
        (IDENTITY, {"emailIdentity": "app.preqly.com", "mailFrom": "x"}, "mailFrom"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(
    emulation: Any, refusal: Any, token: str, inputs: dict[str, Any], said: str
) -> None:
    assert said in refusal(lambda: emulation.resource(token, "wrong", **inputs))
