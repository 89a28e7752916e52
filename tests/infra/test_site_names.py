"""The site's names: where they lead, and that a move changes them in place and then waits."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from infra.site_names import SiteNames, SiteNamesArgs, Target, moved

HOSTS = ("app.preqly.com", "www.preqly.com")
ALIAS = Target(alias={"name": "front-1.elb.amazonaws.com", "zone_id": "Z35"})
ADDRESS = Target(address="203.0.113.10")
ON_FARGATE = {"name": "app.preqly.com", "aliases": [{"name": "front-1.elb.amazonaws.com"}]}
ON_A_MACHINE = {"name": "app.preqly.com", "records": ["203.0.113.10"], "ttl": 60}


def declare(engine: Any, target: Target) -> dict[tuple[str, str], dict[str, Any]]:
    args = SiteNamesArgs(
        hosts=HOSTS,
        zone_id="Z1",
        leads_to=pulumi.Output.from_input(target),
        is_alias=target.alias is not None,
    )
    engine.run(lambda: SiteNames("names", args) and None)
    found = [record.inputs for record in engine.all("route53/record:Record")]
    return {(record["name"], record["type"]): record for record in found}


def test_every_name_leads_to_the_load_balancer_over_both_protocols(engine: Any) -> None:
    records = declare(engine, ALIAS)
    assert set(records) == {(host, kind) for host in HOSTS for kind in ("A", "AAAA")}
    for record in records.values():
        (alias,) = record["aliases"]
        assert (alias["name"], alias["zoneId"], record["zoneId"]) == ("front-1.elb.amazonaws.com", "Z35", "Z1")
        assert alias["evaluateTargetHealth"] is True


def test_every_name_leads_to_the_machines_address(engine: Any) -> None:
    records = declare(engine, ADDRESS)
    assert set(records) == {(host, "A") for host in HOSTS}
    for record in records.values():
        assert (record["records"], record["ttl"], "aliases" in record) == (["203.0.113.10"], 60, False)


@pytest.mark.parametrize("host", HOSTS)
def test_a_move_changes_the_same_record_so_that_the_name_never_goes(engine: Any, host: str) -> None:
    declare(engine, ALIAS)
    before = engine.options("route53/record:Record", f"names-{host}-a")
    declare(engine, ADDRESS)
    assert engine.options("route53/record:Record", f"names-{host}-a").parent == before.parent


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (ON_FARGATE, ON_A_MACHINE, True),
        (ON_A_MACHINE, ON_FARGATE, True),
        (ON_FARGATE, {**ON_FARGATE, "aliases": [{"name": "front-2.elb.amazonaws.com"}]}, False),
        (ON_A_MACHINE, {**ON_A_MACHINE, "records": ["203.0.113.11"]}, False),
    ],
)
def test_only_a_move_to_the_other_kind_waits(
    old: dict[str, Any], new: dict[str, Any], expected: bool, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    declare(engine, ALIAS)
    hook = engine.hooks["names-forgotten"].callback
    # Not before: Pulumi's own loop sleeps too.
    monkeypatch.setattr(asyncio, "sleep", sleep)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(hook(SimpleNamespace(old_inputs=old, new_inputs=new)))
    loop.close()
    assert moved(old, new) is expected
    assert waited == ([60] if expected else [])
