"""`python -m ops dns`: where names that were taken over lead, and the way back."""

import json
from typing import Any

import boto3
import pytest

from infra.dns.record_sets import RecordSet, at, change, site_aliases
from infra.dns.replaced_records import Name, take_over
from ops.run import run
from tests.moto_account import empty

HOST, WWW = "app.preqly.com", "www.preqly.com"
TARGET = {
    "HostedZoneId": "Z35SXDOTRQ7X7K",
    "DNSName": "front-1.us-east-1.elb.amazonaws.com",
    "EvaluateTargetHealth": True,
}


def cname(host: str) -> RecordSet:
    value = {"Value": "old.example.net"}
    return {"Name": f"{host}.", "Type": "CNAME", "TTL": 300, "ResourceRecords": [value]}


class Moved:
    """A zone whose names a stack took over."""

    def __init__(self) -> None:
        self.session = boto3.Session(region_name="us-east-1")
        self.route53: Any = self.session.client("route53")
        zone = self.route53.create_hosted_zone(Name="preqly.com", CallerReference="once")["HostedZone"]
        self.zone_id = zone["Id"].rpartition("/")[2]

    def take_over(self, host: str, stack: str = "prod") -> None:
        batch = {"Changes": [change("CREATE", cname(host))]}
        self.route53.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch=batch)
        name = Name(zone_id=self.zone_id, host=host, path=f"/preqly/{stack}/replaced-dns-records")
        take_over(self.session, name, [cname(host)], site_aliases(host, TARGET))

    def records(self, host: str) -> list[RecordSet]:
        return at(self.route53.list_resource_record_sets(HostedZoneId=self.zone_id)["ResourceRecordSets"], host)


@pytest.fixture
def moved() -> Moved:
    empty("route53", "ssm")
    return Moved()


def ops(*words: str) -> int:
    return run(["dns", *words, "--project", "preqly", "--region", "us-east-1"])


def test_the_names_are_shown_with_both_targets(moved: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    moved.take_over(HOST)
    assert ops("--json") == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["host"], shown["leads_to"], shown["before"]) == (HOST, "this stack", [cname(HOST)])
    assert ops() == 0
    assert "this stack" in capsys.readouterr().out


def test_back_leads_to_the_server_before_and_may_be_repeated(moved: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    for host in (HOST, WWW):
        moved.take_over(host)
    assert ops("back", HOST, "--yes") == 0
    assert moved.records(HOST) == [cname(HOST)]
    assert {one["Type"] for one in moved.records(WWW)} == {"A", "AAAA"}
    assert "pulumi config set dnsRecords none" in capsys.readouterr().out
    assert ops("back", "--yes") == 0
    assert moved.records(WWW) == [cname(WWW)]
    capsys.readouterr()
    assert ops("back", "--yes") == 0
    assert "Nothing was touched" in capsys.readouterr().out
    assert ops("--json") == 0
    assert {one["leads_to"] for one in json.loads(capsys.readouterr().out)} == {"the server before"}


def test_without_consent_nothing_is_touched(moved: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    moved.take_over(HOST)
    assert ops("back") == 2
    assert "CNAME app.preqly.com -> old.example.net" in capsys.readouterr().err
    assert {one["Type"] for one in moved.records(HOST)} == {"A", "AAAA"}


def test_a_name_that_was_not_taken_over_is_refused(moved: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    moved.take_over(HOST)
    assert ops("back", "other.preqly.com", "--yes") == 2
    assert "other.preqly.com was not taken over" in capsys.readouterr().err


def test_several_stacks_need_a_name(moved: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    moved.take_over(HOST)
    moved.take_over(WWW, stack="stage")
    assert ops() == 2
    assert "--stack prod|stage" in capsys.readouterr().err
    assert ops("--stack", "stage", "--json") == 0
    assert [one["host"] for one in json.loads(capsys.readouterr().out)] == [WWW]


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("words", [(), ("--stack", "prod")])
def test_no_name_was_taken_over(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert ops(*words) == 2
    assert "name over in region us-east-1" in capsys.readouterr().err
