"""The program uses what exists as the settings say, and makes the rest."""

from dataclasses import replace
from typing import Any

import pytest

from infra.composition import dns
from infra.dns.existing import Existing
from tests.infra.settings_helpers import settings
from tests.program.shapes import SHAPES
from tests.recorder import Recorder, declared_with

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


OTHER = Existing(zone_id="Z0EXISTING", other_zones={"www.preqly.io": "Z0OTHER"})


def zones_of_records(engine: Recorder, existing: Existing, *, create_zone: bool = False) -> dict[str, tuple[str, bool]]:
    """Zone of each validation record, and whether it outlives the stack."""
    values = settings(aliases=("www.preqly.io",), create_zone=create_zone)

    def program() -> Any:
        zone = dns.declare_zone(values, existing)
        return dns.declare_certificate(values, zone, existing).certificate_arn

    engine.run(program)
    found = {one.name: one.inputs["zoneId"] for one in engine.all(RECORD)}
    return {name: (zone, engine.options(RECORD, name).retainOnDelete) for name, zone in found.items()}


def test_each_name_is_validated_in_its_own_zone(engine: Recorder) -> None:
    assert zones_of_records(engine, OTHER) == {
        "certificate-app.preqly.com": ("Z0EXISTING", True),
        "certificate-www.preqly.io": ("Z0OTHER", True),
    }


def test_a_stack_with_a_zone_of_its_own_deletes_its_records_there_and_no_others(engine: Recorder) -> None:
    assert zones_of_records(engine, replace(OTHER, zone_id=None), create_zone=True) == {
        "certificate-app.preqly.com": ("Z0CREATED", False),
        "certificate-www.preqly.io": ("Z0OTHER", True),
    }


def test_a_stack_that_needs_no_zone_makes_none(engine: Recorder) -> None:
    engine.run(lambda: dns.declare_zone(settings(dns_records="none"), Existing()).zone_id)
    assert engine.all("route53/zone:Zone") == []


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
