"""What single settings change in the whole program, and that wrong ones stop it."""

import pytest

from infra.settings import SettingsError
from tests.program.shapes import shaped


def test_wrong_settings_stop_the_program_before_any_resource(engine):
    with pytest.raises(SettingsError):
        engine.run_program(egress="vpn")
    assert engine.resources == []
    assert engine.calls == []


def test_every_alias_gets_records_and_a_place_on_the_certificate():
    engine = shaped(aliases='["www.preqly.com"]')
    addresses = {
        (record.inputs["name"], record.inputs["type"])
        for record in engine.all("route53/record:Record")
        if record.inputs["type"] != "CNAME"
    }
    assert addresses == {(host, kind) for host in ("app.preqly.com", "www.preqly.com") for kind in ("A", "AAAA")}
    assert engine.one("acm/certificate:Certificate")["subjectAlternativeNames"] == ["www.preqly.com"]


def test_further_hosts_are_answered_without_a_record():
    engine = shaped(allowedHosts='["localhost"]')
    (task,) = [task for task in engine.all("ecs/taskDefinition:TaskDefinition") if task.name == "web-web-task"]
    assert "app.preqly.com,localhost" in task.inputs["containerDefinitions"]
    assert not any("localhost" in record.inputs["name"] for record in engine.all("route53/record:Record"))


def test_the_web_acl_and_the_budget_are_only_there_when_asked_for(declared):
    assert not declared.all("wafv2/webAcl:WebAcl")
    assert not declared.all("budgets/budget:Budget")
    engine = shaped(waf="true", alarmEmail="ops@preqly.com", monthlyBudgetUsd="200")
    assert engine.all("wafv2/webAcl:WebAcl")
    assert engine.all("budgets/budget:Budget")


def test_mail_through_ses_is_there_only_when_asked_for(declared):
    assert not [resource for resource in declared.resources if "sesv2" in resource.typ]
    engine = shaped(emailUrl="ses://", emailFrom="site@mail.preqly.com")
    assert engine.one("sesv2/emailIdentity:EmailIdentity")["emailIdentity"] == "mail.preqly.com"
    assert engine.all("sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
    may = engine.one("iam/rolePolicy:RolePolicy", "task-application-policy")["policy"]
    assert "identity/mail.preqly.com" in may
    for task in engine.all("ecs/taskDefinition:TaskDefinition"):
        assert '"site@mail.preqly.com"' in task.inputs["containerDefinitions"]


@pytest.mark.parametrize(
    ("config", "ours"),
    [
        ({}, True),
        ({"emailFrom": "no-reply@preqly.com"}, False),
        ({"emailFrom": "no-reply@preqly.com", "createZone": "true"}, True),
    ],
)
def test_the_policy_for_forged_mail_of_a_zone_of_others_is_left_to_them(config, ours):
    engine = shaped(emailUrl="ses://", **config)
    policies = [record for record in engine.all("route53/record:Record") if record.inputs["name"].startswith("_dmarc.")]
    assert len(policies) == int(ours)
