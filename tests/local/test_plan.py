"""The plan as text and as a pull request's comment."""

from typing import Any

from pulumi.automation.events import EngineEvent

from local.plan import MARKER, Plan, component_of

VPC = "urn:pulumi:prod::preqly::preqly:infra:Network$aws:ec2/vpc:Vpc::network"
ZONE = "urn:pulumi:prod::preqly::aws:route53/zone:Zone::zone"
STACK = "urn:pulumi:prod::preqly::pulumi:pulumi:Stack::preqly-prod"


def announced(urn: str, kind: str = "resourcePreEvent", outputs: dict[str, Any] | None = None) -> EngineEvent:
    type_token = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
    state: dict[str, Any] = {"type": type_token, "urn": urn, "id": "", "parent": "", "provider": "", "inputs": {}}
    state |= {"custom": urn != STACK, "outputs": outputs or {}}
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


def test_a_resource_belongs_to_its_outermost_component() -> None:
    assert component_of(VPC) == "Network"
    assert component_of(ZONE) == "Stack"


def test_the_headline_says_how_much_and_what_it_costs() -> None:
    assert plan().headline() == "2 to create; about 97.4 US dollars a month"


def test_the_text_lists_every_resource_under_its_component() -> None:
    assert plan().as_text().splitlines()[:4] == [
        "Network",
        "  + aws:ec2:Vpc network",
        "Stack",
        "  + aws:route53:Zone zone",
    ]


def test_the_comment_starts_with_its_marker_and_holds_plan_and_settings() -> None:
    comment = plan().as_markdown({"preqly:minTasks": 2})
    assert comment.startswith(MARKER + "\n")
    for part in ("2 to create", "| Network | 1 |", "+ aws:route53:Zone zone", "preqly:minTasks: 2"):
        assert part in comment
