"""`cost`: Cost Explorer's answers beside the estimate. moto has no bills, so the test is Cost Explorer."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console

from ops import cost
from ops.stack import Stack

ESTIMATE = {"tasks": 14.42, "database": 13.98}


class CostExplorer:
    """Bills 10 dollars of tasks, 5 of traffic to the stack, and 7 without a tag."""

    def __init__(self, active: tuple[str, ...] = cost.TAGS) -> None:
        self.active, self.asked = active, list[dict[str, Any]]()

    def get_cost_and_usage(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        bills = {"Amazon Elastic Container Service": "10.0", "AWS Data Transfer": "5.0"}
        if "And" not in request["Filter"]:
            bills = {"AWS Support": "7.0"}
        groups = [{"Keys": [name], "Metrics": {cost.METRIC: {"Amount": usd}}} for name, usd in bills.items()]
        return {"ResultsByTime": [{"Groups": groups}]}

    def list_cost_allocation_tags(self, **_: Any) -> dict[str, Any]:
        return {"CostAllocationTags": [{"TagKey": key} for key in self.active]}


def read(explorer: CostExplorer, today: date = date(2026, 11, 11)) -> cost.Bill:
    stack = SimpleNamespace(project="preqly", name="prod", session=SimpleNamespace(client=lambda *_, **__: explorer))
    return cost.read_bill(cast(Stack, stack), today)


def shown(bill: cost.Bill) -> str:
    console = Console(width=200, record=True)
    cost.print_cost(ESTIMATE, bill, console)
    return console.export_text()


def test_each_part_has_its_estimate_and_its_bill_of_the_month_so_far() -> None:
    rows = {row["part"]: row for row in cost.compare(ESTIMATE, read(CostExplorer()))}
    assert rows["tasks"] == {"part": "tasks", "estimated": 14.42, "billed": 10.0, "billed_month": 30.42}
    assert (rows["database"]["billed"], rows["other"]["estimated"], rows["other"]["billed"]) == (0, 0, 5.0)
    assert "cache" not in rows


def test_the_stack_is_asked_for_by_both_tags_and_what_has_none_is_shown() -> None:
    explorer = CostExplorer()
    text = shown(read(explorer))
    keys = [one["Tags"]["Key"] for one in explorer.asked[0]["Filter"]["And"]]
    assert keys == ["Project", "Stack"]
    assert "7.00 of the account's cost has no tag Stack" in text
    assert "not active" not in text


def test_an_inactive_tag_is_named_with_the_command_that_activates_it() -> None:
    text = shown(read(CostExplorer(active=("Project",))))
    assert "TagKey=Stack,Status=Active" in text


def test_on_the_first_of_a_month_the_month_before_is_shown() -> None:
    bill = read(CostExplorer(), date(2026, 12, 1))
    assert (bill.start, bill.end) == (date(2026, 11, 1), date(2026, 12, 1))
