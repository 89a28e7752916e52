"""The program uses what exists as the settings say, and makes the rest."""

from typing import Any

import pytest

from infra.composition import dns
from infra.dns.existing import Existing
from tests.infra.settings_helpers import settings
from tests.program.shapes import SHAPES
from tests.recorder import declared_with

RECORD = "aws:route53/record:Record"


def retained(shape: str) -> set[str]:
    engine = declared_with(**SHAPES[shape])
    return {name for (token, name), asked in engine.requests.items() if token == RECORD and asked.retainOnDelete}


def test_with_an_existing_certificate_the_stack_makes_none() -> None:
    engine = declared_with(**SHAPES["endpoints"])
    arn = SHAPES["endpoints"]["certificateArn"]
    assert engine.all("acm/certificate:Certificate") == []
    assert {one.name for one in engine.all(RECORD)} == {"names-app.preqly.com-a", "names-app.preqly.com-aaaa"}
    assert [
        one.inputs["certificateArn"] for one in engine.all("lb/listener:Listener") if one.inputs["port"] == 443
    ] == [arn]


def test_destroy_leaves_records_that_were_taken_over_and_proofs_that_others_share() -> None:
    assert retained("endpoints") == {"names-app.preqly.com-a", "names-app.preqly.com-aaaa"}
    assert retained("defaults") == {"certificate-app.preqly.com"}
    assert retained("production") == {"certificate-app.preqly.com", "email-dmarc"}


def test_a_zone_that_the_stack_makes_keeps_no_record_so_that_it_can_be_deleted() -> None:
    assert retained("public") == set()


def test_names_may_be_left_alone() -> None:
    nothing: Any = None
    assert dns.declare_records(settings(dns_records="none"), nothing, Existing(), nothing) is None


@pytest.mark.parametrize(("mode", "moved"), [("create", set()), ("create", {"app.preqly.com"}), ("takeOver", set())])
def test_a_name_that_was_taken_over_stays_so_without_the_setting(
    monkeypatch: pytest.MonkeyPatch, mode: str, moved: set[str]
) -> None:
    declared: list[Any] = []
    monkeypatch.setattr(dns, "DnsRecords", lambda _, args: declared.append(args))
    monkeypatch.setattr(dns, "stack_session", lambda: None)
    existing = Existing(zone_id="Z0EXISTING", moved_hosts=frozenset(moved))
    anything: Any = type("Anything", (), {"__getattr__": lambda self, _: self})()
    dns.declare_records(settings(dns_records=mode), anything, existing, anything)
    assert declared[0].retained == ({"app.preqly.com"} if mode == "takeOver" else moved)
