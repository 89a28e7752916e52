"""The hosted zone of each name: the stack's own, a delegated one, or one with another name."""

import pytest

from infra.dns.record_sets import RecordSet, at, site_aliases
from infra.dns.replaced_records import take_over
from tests.infra.dns.account import CNAME, HOST, TARGET, ZONE, Account, simple

IO, EU = "www.preqly.io", f"www.eu.{ZONE}"


def write(account: Account, zone_id: str, *records: RecordSet) -> None:
    Account(account.session, zone_id).write(*records)


def test_an_alias_in_another_zone_of_the_account_is_found_by_its_name(aws_account: Account) -> None:
    other = aws_account.new_zone("preqly.io")
    aws_account.new_zone("io.example")
    aws_account.new_zone("preqly.io", private=True)
    found = aws_account.found(hosts=(HOST, f"www.{ZONE}", IO))
    assert (found.zone_id, found.other_zones) == (aws_account.zone_id, {IO: other})
    assert found.notes == (f"{IO}: its records are in the hosted zone preqly.io ({other})",)


def test_a_zone_may_have_the_name_of_the_alias_itself(aws_account: Account) -> None:
    other = aws_account.new_zone("preqly.io")
    assert aws_account.found(hosts=(HOST, "preqly.io")).other_zones == {"preqly.io": other}


def test_the_zone_with_the_longest_name_is_taken_and_one_without_a_delegation_is_pointed_out(
    aws_account: Account,
) -> None:
    above, longest = aws_account.new_zone("preqly.io"), aws_account.new_zone(IO)
    found = aws_account.found(hosts=(HOST, IO))
    assert found.other_zones == {IO: longest}
    assert "the zone preqly.io of this account does not delegate www.preqly.io" in found.notes[1]
    write(aws_account, above, simple("NS", "ns-1.awsdns.com", name=IO))
    assert len(aws_account.found(hosts=(HOST, IO)).notes) == 1


def test_a_name_in_the_zone_stays_there_although_the_account_has_a_zone_below_that_is_not_delegated(
    aws_account: Account,
) -> None:
    """A stack that has the records already must not move them."""
    aws_account.new_zone(f"eu.{ZONE}")
    assert aws_account.found(hosts=(HOST, EU)).other_zones == {}


def test_a_name_that_the_zone_delegates_is_in_the_zone_of_the_delegation(aws_account: Account) -> None:
    aws_account.write(simple("NS", "ns-1.awsdns.com", name=f"eu.{ZONE}"))
    refused = aws_account.problem(hosts=(HOST, EU))
    assert (refused.key, refused.value) == ("preqly:aliases", (EU,))
    assert f"delegate eu.{ZONE} to a public hosted zone of this account" in refused.fix
    below = aws_account.new_zone(f"eu.{ZONE}")
    found = aws_account.found(hosts=(HOST, EU))
    assert (found.other_zones, len(found.notes)) == ({EU: below}, 1)


def test_a_name_without_a_zone_is_refused_unless_the_stack_has_no_records_of_it(aws_account: Account) -> None:
    refused = aws_account.problem(hosts=(HOST, IO))
    assert (refused.key, refused.value) == ("preqly:aliases", (IO,))
    assert refused.rule == f"the account has no public hosted zone that holds {IO}"
    assert "aws route53 create-hosted-zone --name preqly.io" in refused.fix
    assert "pulumi config set dnsRecords none" in refused.fix
    # The proofs of a certificate are records too.
    assert aws_account.problem(hosts=(HOST, IO), dns_records="none").rule == refused.rule


def test_two_public_zones_of_one_name_are_refused_with_the_way_to_choose(aws_account: Account) -> None:
    ids = {aws_account.new_zone("preqly.io"), aws_account.new_zone("preqly.io")}
    refused = aws_account.problem(hosts=(HOST, IO))
    assert (refused.key, refused.value) == ("preqly:aliases", (IO,))
    assert all(one in refused.rule for one in ids)
    assert "`dig NS preqly.io` shows which one the registrar delegates to" in refused.fix
    aws_account.client("route53").delete_hosted_zone(Id=ids.pop())
    assert aws_account.found(hosts=(HOST, IO)).other_zones == {IO: ids.pop()}


@pytest.mark.parametrize("exists", [True, False])
def test_a_stack_without_records_needs_no_zone(aws_account: Account, exists: bool) -> None:
    """Its certificate is there, and its DNS is elsewhere."""
    zone = ZONE if exists else "example.org"
    arn = aws_account.imported(f"*.{zone}", IO)
    # Which of them resolvers ask does not matter to the stack.
    for _ in range(2):
        aws_account.new_zone("preqly.io")
    hosts = (f"app.{zone}", IO)
    found = aws_account.found(zone=zone, hosts=hosts, dns_records="none", certificate_arn=arn)
    assert (found.zone_id, found.other_zones) == (aws_account.zone_id if exists else None, {})
    refused = aws_account.problem(zone="example.com", hosts=("app.example.com",), dns_records="none")
    assert "no public hosted zone of this name" in refused.rule
    assert "certificateArn" in refused.fix


def test_the_stack_creates_its_own_zone_only(aws_account: Account) -> None:
    other = aws_account.new_zone("preqly.io")
    hosts = ("example.org", "www.example.org", IO)
    found = aws_account.found(zone="example.org", hosts=hosts, create_zone=True)
    assert (found.zone_id, found.other_zones) == (None, {IO: other})
    refused = aws_account.problem(zone="example.org", hosts=("example.org", "example.net"), create_zone=True)
    assert refused.rule == "the account has no public hosted zone that holds example.net"


def test_records_of_the_other_zone_are_looked_at_as_those_of_the_first(aws_account: Account) -> None:
    other = aws_account.new_zone("preqly.io")
    write(aws_account, other, simple("A", "192.0.2.1", name=IO))
    # The same name in the wrong zone answers nobody.
    aws_account.write(simple("A", "192.0.2.2", name=f"{IO}.{ZONE}"))
    refused = aws_account.problem(hosts=(HOST, IO))
    assert refused.rule.startswith(f"{IO} has a record that is not this stack's: A {IO} -> 192.0.2.1")
    assert aws_account.found(hosts=(HOST, IO), dns_records="takeOver").other_zones == {IO: other}


def test_a_wildcard_and_a_caa_record_of_the_other_zone_count(aws_account: Account) -> None:
    other = aws_account.new_zone("preqly.io")
    write(aws_account, other, simple("A", "192.0.2.1", name="*.preqly.io"))
    assert "A *.preqly.io -> 192.0.2.1" in aws_account.found(hosts=(HOST, IO)).notes[1]
    write(aws_account, other, simple("CAA", '0 issue "letsencrypt.org"', name="preqly.io"))
    assert "forbids Amazon to issue the certificate for www.preqly.io" in aws_account.problem(hosts=(HOST, IO)).rule


def test_the_command_against_a_routing_policy_names_the_other_zone(aws_account: Account) -> None:
    other = aws_account.new_zone("preqly.io")
    write(aws_account, other, simple("A", "192.0.2.1", name=IO, SetIdentifier="a", Weight=1))
    assert f"--hosted-zone-id {other}" in aws_account.problem(hosts=(HOST, IO), dns_records="takeOver").fix


def test_names_that_were_taken_over_in_another_zone_are_known(aws_account: Account) -> None:
    other = Account(aws_account.session, aws_account.new_zone("preqly.io"))
    other.write({**CNAME, "Name": f"{IO}."})
    take_over(aws_account.session, other.name(IO), other.records(IO), site_aliases(IO, TARGET))
    assert {one["Type"] for one in at(other.records(IO), IO)} == {"A", "AAAA"}
    assert aws_account.found(hosts=(HOST, IO), dns_records="takeOver").moved_hosts == {IO}
