"""Existing records of the site's names: refused before any resource, with the settings that resolve it."""

import re
from typing import Any

import pytest

from infra.dns.record_sets import RecordSet, alias_of, site_aliases
from infra.dns.replaced_records import take_over
from tests.infra.dns.account import CNAME, HOST, TARGET, ZONE, Account, simple


@pytest.mark.parametrize(
    ("record", "listed"),
    [
        (CNAME, "CNAME app.preqly.com -> old.example.net (TTL 300 s)"),
        (simple("A", "192.0.2.1", "192.0.2.2"), "A app.preqly.com -> 192.0.2.1, 192.0.2.2 (TTL 300 s)"),
        (simple("AAAA", "2001:db8::1"), "AAAA app.preqly.com -> 2001:db8::1 (TTL 300 s)"),
        (simple("HTTPS", "1 . alpn=h2 ipv4hint=192.0.2.1"), "HTTPS app.preqly.com -> 1 . alpn=h2"),
        (
            {"Name": HOST, "Type": "A", "AliasTarget": {**TARGET, "DNSName": "d111111abcdef8.cloudfront.net"}},
            "A app.preqly.com -> alias of d111111abcdef8.cloudfront.net",
        ),
    ],
)
def test_a_name_with_other_records_is_refused_with_the_settings_that_resolve_it(
    aws_account: Account, record: RecordSet, listed: str
) -> None:
    aws_account.write(record)
    refused = aws_account.problem()
    assert (refused.key, refused.value) == ("preqly:dnsRecords", "create")
    assert listed in refused.rule
    assert "pulumi config set dnsRecords takeOver" in refused.fix
    assert "pulumi config set dnsRecords none" in refused.fix
    for mode in ("takeOver", "none"):
        assert aws_account.found(dns_records=mode).zone_id == aws_account.zone_id


def test_every_host_is_looked_at_and_other_types_do_not_count(aws_account: Account) -> None:
    www = simple("A", "192.0.2.1", name=f"www.{ZONE}")
    aws_account.write(www, simple("TXT", '"v=spf1 -all"'), simple("MX", "10 mail.example.net"))
    assert f"www.{ZONE} has a record" in aws_account.problem(hosts=(HOST, f"www.{ZONE}")).rule
    assert aws_account.found().zone_id == aws_account.zone_id


@pytest.mark.parametrize(("own", "prefix"), [(True, ""), (True, "dualstack."), (False, "")])
def test_an_alias_is_the_stacks_own_when_its_load_balancer_is(aws_account: Account, own: bool, prefix: str) -> None:
    target = {**TARGET, "DNSName": f"{prefix}{aws_account.balancer(own=own)}"}
    aws_account.write(*site_aliases(HOST, target))
    if own:
        assert aws_account.found().zone_id == aws_account.zone_id
    else:
        assert "alias of front" in aws_account.problem().rule


def test_an_alias_of_a_deleted_load_balancer_may_be_that_of_a_deployed_stack(aws_account: Account) -> None:
    """Then it is left to the record's hook: the engine knows whose the record is. A first `up` owns none."""
    aws_account.write(*site_aliases(HOST, TARGET))
    assert "alias of front-1" in aws_account.problem().rule
    aws_account.client("ssm").put_parameter(Name="/preqly/prod/releases", Value="{}", Type="String")
    assert aws_account.found().zone_id == aws_account.zone_id


@pytest.mark.parametrize("prefix", ["", "dualstack."])
def test_an_alias_of_a_classic_load_balancer_is_not_the_stacks(aws_account: Account, prefix: str) -> None:
    """Its name has the form of an application load balancer's. A deployed stack owns none either."""
    aws_account.client("ssm").put_parameter(Name="/preqly/prod/releases", Value="{}", Type="String")
    target = {**TARGET, "DNSName": f"{prefix}{aws_account.classic_balancer()}"}
    aws_account.write(*site_aliases(HOST, target))
    assert "alias of old" in aws_account.problem().rule
    assert aws_account.found(dns_records="takeOver").zone_id == aws_account.zone_id


def test_an_alias_of_a_load_balancer_in_another_region_is_not_the_stacks(aws_account: Account) -> None:
    aws_account.client("ssm").put_parameter(Name="/preqly/prod/releases", Value="{}", Type="String")
    target = {**TARGET, "DNSName": "front-1.eu-west-1.elb.amazonaws.com"}
    aws_account.write(*site_aliases(HOST, target))
    assert "front-1.eu-west-1.elb" in aws_account.problem().rule


@pytest.mark.parametrize(
    ("record", "forgets"),
    [
        (simple("A", "192.0.2.1"), ["a"]),
        (simple("AAAA", "2001:db8::1"), ["aaaa"]),
        # There is no such record for the provider to find.
        (CNAME, []),
    ],
)
def test_a_name_that_was_led_away_by_hand_is_forgotten_before_it_is_left_alone(
    aws_account: Account, record: RecordSet, forgets: list[str]
) -> None:
    """Without its record in the program, the provider deletes whatever the name and type hold: the new server's."""
    aws_account.write(record)
    assert "pulumi state delete" not in aws_account.problem().fix
    aws_account.client("ssm").put_parameter(Name="/preqly/prod/releases", Value="{}", Type="String")
    urn = f"urn:pulumi:prod::preqly::preqly:infra:SiteNames$aws:route53/record:Record::names-{HOST}-"
    assert (
        re.findall(rf"pulumi state delete --target-dependents '{re.escape(urn)}(a+)'", aws_account.problem().fix)
        == forgets
    )


@pytest.mark.parametrize("mode", ["create", "takeOver"])
def test_records_with_a_routing_policy_are_refused_with_a_command_that_works(aws_account: Account, mode: str) -> None:
    aws_account.write(
        simple("CNAME", "blue.example.net", SetIdentifier="blue", Weight=1),
        simple("CNAME", "green.example.net", SetIdentifier="green", Weight=99),
    )
    refused = aws_account.problem(dns_records=mode)
    assert "weighted record blue" in refused.rule
    assert "turn them into a simple record" in refused.fix
    aws_account.run(refused.fix.partition("run this again: ")[2])
    assert aws_account.records() == [simple("CNAME", "green.example.net")]
    assert aws_account.found(dns_records="takeOver").zone_id == aws_account.zone_id


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        ({"Region": "eu-west-1"}, "latency"),
        ({"GeoLocation": {"CountryCode": "*"}}, "geolocation"),
        ({"Failover": "PRIMARY"}, "failover"),
        ({"MultiValueAnswer": True}, "multivalue answer"),
    ],
)
def test_every_routing_policy_is_named(aws_account: Account, policy: dict[str, Any], name: str) -> None:
    aws_account.write(simple("A", "192.0.2.1", SetIdentifier="one", **policy))
    assert f"{name} record one" in aws_account.problem(dns_records="takeOver").rule


def test_a_name_in_a_delegated_domain_is_refused(aws_account: Account) -> None:
    aws_account.write(simple("NS", "ns-1.example.net", name=f"eu.{ZONE}"))
    refused = aws_account.problem(hosts=(f"app.eu.{ZONE}",), dns_records="none")
    assert "is delegated to ns-1.example.net" in refused.rule
    assert refused.fix.startswith(f"pulumi config set zone eu.{ZONE}")


def test_a_wildcard_that_answers_now_is_announced(aws_account: Account) -> None:
    aws_account.write(simple("A", "192.0.2.1", name=f"*.{ZONE}"))
    (note,) = aws_account.found().notes
    assert f"A *.{ZONE} -> 192.0.2.1" in note
    assert aws_account.found(hosts=(ZONE,)).notes == ()


def test_names_that_were_taken_over_are_known(aws_account: Account) -> None:
    aws_account.write(CNAME)
    take_over(aws_account.session, aws_account.name(), [CNAME], site_aliases(HOST, TARGET))
    assert aws_account.found(dns_records="takeOver").moved_hosts == {HOST}


@pytest.mark.parametrize(
    ("name", "values", "refused"),
    [
        (ZONE, ['0 issue "letsencrypt.org"'], True),
        (HOST, ['0 issue ";"'], True),
        (ZONE, ['0 issue "letsencrypt.org"', '0 issue "amazon.com"'], False),
        (ZONE, ['0 iodef "mailto:security@example.com"'], False),
        (f"other.{ZONE}", ['0 issue "letsencrypt.org"'], False),
    ],
)
def test_a_caa_record_that_forbids_amazon_is_found_before_the_certificate_waits(
    aws_account: Account, name: str, values: list[str], refused: bool
) -> None:
    aws_account.write(simple("CAA", *values, name=name))
    if refused:
        assert 'add the value 0 issue "amazon.com"' in aws_account.problem().fix
    else:
        assert aws_account.found().zone_id == aws_account.zone_id


def test_the_consoles_prefix_of_an_alias_does_not_count() -> None:
    assert alias_of({"AliasTarget": {"DNSName": "dualstack.Front-1.elb.amazonaws.com."}}) == "front-1.elb.amazonaws.com"
