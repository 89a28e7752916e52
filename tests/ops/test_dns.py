"""`python -m ops dns`: the DNS records that a stack replaced, and how they are restored."""

import json
from dataclasses import replace

import pytest

from infra.dns.record_sets import RecordSet, site_aliases
from infra.dns.replaced_records import take_over
from ops.run import run
from tests.infra.dns.account import HOST, TARGET, Account, new_account, simple

WWW = "www.preqly.com"


def cname(host: str) -> RecordSet:
    return simple("CNAME", "old.example.net", name=host)


class Moved:
    """A zone whose names a stack took over."""

    def __init__(self, account: Account) -> None:
        self.records = account.records
        self._account = account

    def take_over(self, host: str, stack: str = "prod") -> None:
        self._account.write(cname(host))
        name = replace(self._account.name(host), path=f"/preqly/{stack}/replaced-dns-records")
        take_over(self._account.session, name, [cname(host)], site_aliases(host, TARGET))


@pytest.fixture
def moved() -> Moved:
    return Moved(new_account())


def ops(*words: str) -> int:
    return run(["dns", *words, "--project", "preqly", "--region", "us-east-1"])


def test_the_names_are_shown_with_both_targets(moved: Moved, capsys: pytest.CaptureFixture[str]) -> None:
    moved.take_over(HOST)
    assert ops("--json") == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["host"], shown["points_to"], shown["before"]) == (HOST, "this stack", [cname(HOST)])
    assert ops() == 0
    assert "this stack" in capsys.readouterr().out


def test_back_restores_the_records_and_may_be_repeated(moved: Moved, capsys: pytest.CaptureFixture[str]) -> None:
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
    assert {one["points_to"] for one in json.loads(capsys.readouterr().out)} == {"the server before"}


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
    assert "replaced no DNS records in region us-east-1" in capsys.readouterr().err
