"""The hook of a site's record: announces in a preview, refuses without the setting, replaces in an update."""

from typing import Any

import pulumi
import pytest

from infra.dns import records
from infra.dns.record_sets import RecordSet, site_aliases
from infra.dns.records import NameHook, NameTakenError
from infra.dns.replaced_records import kept_for
from tests.infra.dns.account import CNAME, HOST, TARGET, Account, wanted
from tests.recorder import new_engine

ALIAS = {"name": TARGET["DNSName"], "zoneId": TARGET["HostedZoneId"], "evaluateTargetHealth": True}
URN = "urn:pulumi:test::preqly::aws:route53/record:Record::names-app.preqly.com-a"


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines that the hooks log."""
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda line, _: lines.append(line))
    return lines


def write_record(
    account: Account, monkeypatch: pytest.MonkeyPatch, *, mode: str, preview: bool = False, hook: str = "before_create"
) -> None:
    """Call the hook as the engine does before it writes a record; in a preview it does not know the alias."""
    monkeypatch.setattr(records, "stack_session", lambda: lambda: account.session)
    inputs: dict[str, Any] = {"name": HOST, "zoneId": account.zone_id, "type": "A"}
    if not preview:
        inputs["aliases"] = [ALIAS]
    args = pulumi.ResourceHookArgs(urn=URN, id="", name="", type="", new_inputs=inputs)

    def program() -> Any:
        binding = NameHook(wanted(dns_records=mode), {HOST: account.zone_id}).binding(f"names-{HOST}", HOST)
        return getattr(binding, hook)[0](args)

    new_engine(preview=preview).run(program)


def taken_over(account: Account) -> bool:
    return {one["Type"] for one in account.records()} == {"A", "AAAA"}


def test_a_preview_announces_and_changes_nothing(
    aws_account: Account, monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    aws_account.write(CNAME)
    write_record(aws_account, monkeypatch, mode="takeOver", preview=True)
    (line,) = reported
    assert "one change replaces CNAME app.preqly.com -> old.example.net (TTL 300 s)" in line
    assert aws_account.records() == [CNAME]
    assert kept_for(aws_account.session, aws_account.name()) is None


@pytest.mark.parametrize("hook", ["before_create", "before_update"])
def test_an_update_replaces_the_record_and_says_the_way_back(
    aws_account: Account, monkeypatch: pytest.MonkeyPatch, reported: list[str], hook: str
) -> None:
    aws_account.write(CNAME)
    write_record(aws_account, monkeypatch, mode="takeOver", hook=hook)
    assert taken_over(aws_account)
    (line,) = reported
    assert "`python -m ops dns back`" in line
    write_record(aws_account, monkeypatch, mode="takeOver", hook=hook)


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("record", [CNAME, *site_aliases(HOST, TARGET)])
def test_without_the_setting_both_refuse(
    aws_account: Account, monkeypatch: pytest.MonkeyPatch, record: RecordSet, preview: bool
) -> None:
    """A record of a balancer that the account does not have is refused too."""
    aws_account.write(record)
    with pytest.raises(NameTakenError, match=r"pulumi config set dnsRecords takeOver"):
        write_record(aws_account, monkeypatch, mode="create", preview=preview)
    assert aws_account.records() == [record]


def test_a_record_of_the_stacks_own_balancer_needs_no_setting(
    aws_account: Account, monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    """An interrupted update made it, or the load balancer was replaced."""
    aws_account.write(*site_aliases(HOST, {**TARGET, "DNSName": aws_account.balancer(own=True)}))
    write_record(aws_account, monkeypatch, mode="create")
    write_record(aws_account, monkeypatch, mode="takeOver")
    assert reported == []
    assert kept_for(aws_account.session, aws_account.name()) is None


def test_a_name_without_records_is_left_to_the_engine(
    aws_account: Account, monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    write_record(aws_account, monkeypatch, mode="create")
    assert (aws_account.records(), reported) == ([], [])
