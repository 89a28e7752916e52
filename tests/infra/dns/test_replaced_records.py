"""A name is taken over and given back by one change batch each; what was there is kept outside of the stack."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.dns.record_sets import RecordSet, site_aliases
from infra.dns.replaced_records import Replaced, all_kept, current, give_back, kept_for, take_over
from tests.infra.dns.account import CNAME, HOST, PATH, TARGET, Account, simple

ALIASES = site_aliases(HOST, TARGET)
A, AAAA = simple("A", "192.0.2.1", "192.0.2.2"), simple("AAAA", "2001:db8::1")
HTTPS = simple("HTTPS", "1 . alpn=h2 ipv4hint=192.0.2.1")
ALIAS = {"Name": f"{HOST}.", "Type": "A", "AliasTarget": {**TARGET, "DNSName": "d111111abcdef8.cloudfront.net"}}


class Batches:
    """The change batches that Route 53 got."""

    def __init__(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[list[str]] = []
        route53 = account.client("route53")
        original = route53.change_resource_record_sets

        def change_resource_record_sets(**request: Any) -> Any:
            changes = request["ChangeBatch"]["Changes"]
            self.sent.append([f"{one['Action']} {one['ResourceRecordSet']['Type']}" for one in changes])
            return original(**request)

        monkeypatch.setattr(route53, "change_resource_record_sets", change_resource_record_sets)


def take(account: Account, foreign: list[RecordSet], aliases: list[RecordSet] = ALIASES) -> None:
    take_over(account.session, account.name(), foreign, aliases)


def kinds(account: Account) -> set[tuple[str, bool]]:
    return {(one["Type"], "AliasTarget" in one) for one in account.records()}


@pytest.mark.parametrize(
    ("before", "batch"),
    [
        ([CNAME], ["DELETE CNAME", "UPSERT A", "UPSERT AAAA"]),
        ([A], ["UPSERT A", "UPSERT AAAA"]),
        ([A, AAAA], ["UPSERT A", "UPSERT AAAA"]),
        ([ALIAS], ["UPSERT A", "UPSERT AAAA"]),
        ([AAAA, HTTPS], ["DELETE HTTPS", "UPSERT A", "UPSERT AAAA"]),
    ],
)
def test_one_batch_takes_a_name_over_and_one_gives_it_back(
    aws_account: Account, monkeypatch: pytest.MonkeyPatch, before: list[RecordSet], batch: list[str]
) -> None:
    aws_account.write(*before)
    found = aws_account.records()
    batches = Batches(aws_account, monkeypatch)
    take(aws_account, found)
    assert kinds(aws_account) == {("A", True), ("AAAA", True)}
    assert batches.sent == [batch]
    kept = kept_for(aws_account.session, aws_account.name())
    assert kept is not None
    assert give_back(aws_account.session, aws_account.name(), kept.before)
    assert aws_account.records() == found
    assert len(batches.sent) == 2
    assert not give_back(aws_account.session, aws_account.name(), kept.before)
    assert len(batches.sent) == 2


def test_the_kept_value_is_the_batch_that_gives_the_name_back(aws_account: Account) -> None:
    aws_account.write(CNAME)
    take(aws_account, aws_account.records())
    parameter = aws_account.client("ssm").get_parameter(Name=f"{PATH}/{aws_account.zone_id}/{HOST}")["Parameter"]
    batch = json.loads(parameter["Value"])
    aws_account.client("route53").change_resource_record_sets(HostedZoneId=aws_account.zone_id, ChangeBatch=batch)
    assert aws_account.records() == [CNAME]


def test_other_records_of_the_name_stay(aws_account: Account) -> None:
    aws_account.write(A, simple("MX", "10 mail.example.net"), simple("TXT", '"hello"'))
    take(aws_account, aws_account.records())
    found = aws_account.client("route53").list_resource_record_sets(HostedZoneId=aws_account.zone_id)
    assert {one["Type"] for one in found["ResourceRecordSets"] if one["Name"] == f"{HOST}."} == {
        "A",
        "AAAA",
        "MX",
        "TXT",
    }


def test_an_interruption_before_the_batch_is_repeated_with_the_same_way_back(
    aws_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_account.write(CNAME)
    with monkeypatch.context() as broken:

        def no_network(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "Change")

        broken.setattr(aws_account.client("route53"), "change_resource_record_sets", no_network)
        with pytest.raises(ClientError):
            take(aws_account, [CNAME])
    assert aws_account.records() == [CNAME]
    take(aws_account, [CNAME])
    assert kept_for(aws_account.session, aws_account.name()) == Replaced([CNAME], ALIASES)


def test_a_repetition_changes_nothing(aws_account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    aws_account.write(CNAME)
    take(aws_account, [CNAME])
    batches = Batches(aws_account, monkeypatch)
    take(aws_account, [])
    assert batches.sent == []
    versions = aws_account.client("ssm").get_parameter_history(Name=aws_account.name().parameter)["Parameters"]
    assert len(versions) == 1


OTHER = site_aliases(HOST, {**TARGET, "DNSName": "front-2.us-east-1.elb.amazonaws.com"})


def test_what_a_destroyed_stack_left_is_not_the_way_back(aws_account: Account) -> None:
    """The load balancer of the left records is gone; the old server may still serve."""
    aws_account.write(CNAME)
    take(aws_account, [CNAME])
    take(aws_account, aws_account.records(), OTHER)
    assert kept_for(aws_account.session, aws_account.name()) == Replaced([CNAME], OTHER)


def test_a_new_load_balancer_of_the_stack_changes_only_what_the_way_back_removes(aws_account: Account) -> None:
    aws_account.write(CNAME)
    take(aws_account, [CNAME])
    take(aws_account, [], OTHER)
    assert kept_for(aws_account.session, aws_account.name()) == Replaced([CNAME], OTHER)
    give_back(aws_account.session, aws_account.name(), [CNAME])
    assert aws_account.records() == [CNAME]


def test_a_name_that_leads_to_a_third_server_by_now_is_kept_as_it_is(aws_account: Account) -> None:
    aws_account.write(CNAME)
    take(aws_account, [CNAME])
    give_back(aws_account.session, aws_account.name(), [A])
    take(aws_account, [A])
    assert kept_for(aws_account.session, aws_account.name()) == Replaced([A], ALIASES)


def test_a_name_without_a_record_is_left_to_the_engine(aws_account: Account) -> None:
    take(aws_account, [])
    assert kept_for(aws_account.session, aws_account.name()) is None
    assert aws_account.records() == []


def test_names_of_all_zones_of_a_project_are_listed(aws_account: Account) -> None:
    aws_account.write(CNAME)
    take(aws_account, [CNAME])
    aws_account.client("ssm").put_parameter(Name="/preqly/prod/releases", Value="{}", Type="String")
    expected = {aws_account.name(): Replaced([CNAME], ALIASES)}
    assert all_kept(aws_account.session, "/preqly") == all_kept(aws_account.session, PATH) == expected


def test_a_name_with_many_values_is_kept_too(aws_account: Account) -> None:
    many = simple("A", *(f"192.0.{high}.{low}" for high in range(2) for low in range(100)))
    assert len(json.dumps(Replaced([many], ALIASES).to_batch())) > 4096
    aws_account.write(many)
    take(aws_account, [many])
    kept = kept_for(aws_account.session, aws_account.name())
    assert kept is not None
    assert kept.before == [many]


def test_only_the_name_itself_is_read(aws_account: Account) -> None:
    aws_account.write(simple("A", "192.0.2.1", name=f"a.{HOST}"), simple("A", "192.0.2.1", name="b.preqly.com"))
    assert current(aws_account.session, aws_account.name()) == []
    assert current(aws_account.session, replace(aws_account.name(), host=f"a.{HOST}"))
