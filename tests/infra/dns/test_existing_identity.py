"""An SES identity, a configuration set and mail records that exist already."""

from typing import Any

import pytest

from infra.dns.record_sets import RecordSet
from infra.dns.ses import mail_records
from tests.infra.dns.account import HOST, OWN_TAGS, REGION, Account, simple


def ses_settings(**changes: Any) -> dict[str, Any]:
    return {"sender_domain": HOST, "mail_records": mail_records(HOST, REGION), **changes}


def test_an_identity_that_exists_is_refused_and_adopted_by_a_setting(aws_account: Account) -> None:
    created = aws_account.client("sesv2").create_email_identity(EmailIdentity=HOST)
    refused = aws_account.problem(**ses_settings())
    assert refused.key == "preqly:adoptEmailIdentity"
    assert "already (not verified)" in refused.rule
    assert "pulumi config set adoptEmailIdentity true" in refused.fix
    identity = aws_account.found(**ses_settings(adopt_email_identity=True)).identity
    assert identity is not None
    assert list(identity.dkim_tokens) == created["DkimAttributes"]["Tokens"]
    assert identity.configuration_set == ""


def test_the_stacks_own_identity_is_neither_refused_nor_adopted(aws_account: Account) -> None:
    aws_account.client("sesv2").create_email_identity(EmailIdentity=HOST, Tags=OWN_TAGS)
    assert aws_account.found(**ses_settings()).identity is None
    assert "this stack made" in aws_account.problem(**ses_settings(adopt_email_identity=True)).rule


def test_there_must_be_an_identity_to_adopt(aws_account: Account) -> None:
    refused = aws_account.problem(**ses_settings(adopt_email_identity=True))
    assert "no identity app.preqly.com in this region" in refused.rule


def test_a_configuration_set_of_another_owner_is_refused(aws_account: Account) -> None:
    ses = aws_account.client("sesv2")
    ses.create_configuration_set(ConfigurationSetName="preqly-prod")
    assert "aws sesv2 delete-configuration-set" in aws_account.problem(**ses_settings()).fix
    ses.delete_configuration_set(ConfigurationSetName="preqly-prod")
    ses.create_configuration_set(ConfigurationSetName="preqly-prod", Tags=OWN_TAGS)
    assert aws_account.found(**ses_settings()).zone_id


@pytest.mark.parametrize(
    ("record", "refused"),
    [
        (simple("MX", "10 mail.example.net", name=f"bounce.{HOST}"), True),
        (simple("CNAME", "mail.example.net", name=f"bounce.{HOST}"), True),
        (simple("MX", f"10 feedback-smtp.{REGION}.amazonses.com", name=f"bounce.{HOST}"), False),
        (simple("TXT", '"v=spf1 include:amazonses.com -all"', name=f"bounce.{HOST}"), False),
        (simple("MX", "10 mail.example.net", name=HOST), False),
    ],
)
def test_other_records_of_the_mail_from_domain_are_refused(
    aws_account: Account, record: RecordSet, refused: bool
) -> None:
    aws_account.write(record)
    if refused:
        assert f"mail through SES needs the name bounce.{HOST}" in aws_account.problem(**ses_settings()).rule
    else:
        assert aws_account.found(**ses_settings()).zone_id


def test_what_somebody_made_of_the_stacks_own_mail_records_stays(aws_account: Account) -> None:
    """Without its record in the program, the provider would delete the stricter policy."""
    aws_account.client("sesv2").create_email_identity(EmailIdentity=HOST, Tags=OWN_TAGS)
    spf = simple("TXT", '"v=spf1 include:amazonses.com ~all"', name=f"bounce.{HOST}")
    aws_account.write(spf, simple("TXT", '"v=DMARC1; p=reject"', name=f"_dmarc.{HOST}"))
    found = aws_account.found(**ses_settings())
    assert (found.has_dmarc_policy, found.dmarc_values) == (False, ("v=DMARC1; p=reject",))


@pytest.mark.parametrize(("value", "theirs"), [('"v=DMARC1; p=reject"', True), ('"v=DMARC1; p=quarantine"', False)])
def test_a_dmarc_policy_that_exists_is_kept(aws_account: Account, value: str, theirs: bool) -> None:
    aws_account.write(simple("TXT", value, name=f"_dmarc.{HOST}"))
    found = aws_account.found(**ses_settings())
    assert (found.has_dmarc_policy, found.dmarc_values) == (theirs, ())
