"""A plan as text, as a pull request comment, and compared with another plan."""

from pathlib import Path
from typing import Any

from pulumi.automation.events import EngineEvent

from local.plan import Plan, Planned, compare
from local.preview import MARKER, as_markdown, as_text

VPC = "urn:pulumi:prod::preqly::preqly:infra:Network$aws:ec2/vpc:Vpc::network"
ZONE = "urn:pulumi:prod::preqly::aws:route53/zone:Zone::zone"
STACK = "urn:pulumi:prod::preqly::pulumi:pulumi:Stack::preqly-prod"


def announced(urn: str, kind: str = "resourcePreEvent", outputs: dict[str, Any] | None = None) -> EngineEvent:
    type_token = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
    state: dict[str, Any] = {"type": type_token, "urn": urn, "id": "", "parent": "", "provider": ""}
    state |= {"custom": urn != STACK, "inputs": {"tags": {"a": 1}}, "outputs": outputs or {}}
    metadata = {"op": "create", "urn": urn, "type": type_token, "provider": "", "new": state}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 0, kind: {"metadata": metadata}})


def plan() -> Plan:
    made = Plan()
    seen: list[EngineEvent] = []
    listen = made.listener(seen.append)
    events = [announced(VPC), announced(ZONE), announced(STACK, "resOutputsEvent", {"monthly_estimate_usd": 97.4})]
    for event in events:
        listen(event)
    assert seen == events
    return made


def planned(urn: str, **inputs: Any) -> Planned:
    return Planned(urn=urn, operation="create", inputs=inputs)


def test_a_resource_belongs_to_its_outermost_component() -> None:
    assert planned(VPC).component == "Network"
    assert planned(ZONE).component == "Stack"


def test_the_headline_has_the_number_of_resources_and_the_price() -> None:
    assert plan().headline() == "2 to create; about 97.40 US dollars a month"


def test_the_text_lists_every_resource_under_its_component() -> None:
    assert as_text(plan()).splitlines()[:4] == [
        "Network",
        "  + aws:ec2:Vpc network",
        "Stack",
        "  + aws:route53:Zone zone",
    ]


def test_the_comment_starts_with_its_marker_and_holds_plan_and_settings() -> None:
    comment = as_markdown(plan(), {"preqly:minTasks": 2}, None)
    assert comment.startswith(MARKER + "\n")
    for part in ("2 to create", "| Network | 1 |", "aws:route53:Zone zone", "preqly:minTasks: 2"):
        assert part in comment


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    plan().write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan()


def test_a_comparison_names_added_removed_and_changed_resources_and_the_price() -> None:
    before = Plan([planned(VPC, cidrBlock="10.0.0.0/16", tags={"a": 1, "b": 2}), planned(ZONE)], {})
    after = Plan([planned(VPC, cidrBlock="10.1.0.0/16", tags={"a": 1, "b": 3}), planned(ZONE + "2")], {})
    before.outputs["monthly_estimate_usd"], after.outputs["monthly_estimate_usd"] = 90, 97.5
    found = compare(before, after)
    assert found.headline() == "1 added, 1 removed, 1 changed; 90.00 -> 97.50 US dollars a month"
    assert list(found.lines()) == [
        "+ aws:route53:Zone zone2",
        "- aws:route53:Zone zone",
        "! aws:ec2:Vpc network",
        "    cidrBlock: 10.0.0.0/16 -> 10.1.0.0/16",
        "    tags.b: 2 -> 3",
    ]
    assert "**Against the target branch: 1 added" in as_markdown(after, {}, found)


def test_equal_plans_have_no_difference() -> None:
    found = compare(plan(), plan())
    assert list(found.lines()) == []
    assert found.headline() == "no resource differs; still about 97.40 US dollars a month"


def test_the_random_id_of_the_existing_zone_is_no_difference() -> None:
    before, after = (Plan([planned(ZONE, zoneId=random, name="a")]) for random in ("UC7FP8", "3IO5XC"))
    assert list(compare(before, after).lines()) == []


def test_the_random_digits_of_automatic_names_are_no_difference() -> None:
    before, after = (
        Plan([planned(VPC, name=f"network-{digits}", __defaults=["name"]), planned(ZONE, of=f"arn:network-{digits}/*")])
        for digits in ("1234567", "89abcde")
    )
    assert list(compare(before, after).lines()) == []
    after.resources[1].inputs["of"] = "arn:other-89abcde/*"
    assert list(compare(before, after).lines())[1:] == ["    of: arn:network-*******/* -> arn:other-89abcde/*"]
