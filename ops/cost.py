"""The estimate of the settings beside what AWS has billed, by part."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from botocore.exceptions import ClientError
from rich.console import Console

from infra.pricing.part import Part
from infra.pricing.usage import USAGE
from ops.errors import OpsError
from ops.output import table
from ops.resources.pulumi_state import outputs
from ops.stack import Stack

TAGS = ("Project", "Stack")
"""Cost allocation tags: infra/tags.py gives them to every resource."""
PARTS: Mapping[str, Part] = {
    "Amazon Elastic Container Service": "tasks",
    "Amazon Elastic Load Balancing": "network",
    "Amazon Virtual Private Cloud": "network",
    "EC2 - Other": "network",
    "Amazon Relational Database Service": "database",
    "Amazon ElastiCache": "cache",
    "AmazonCloudWatch": "monitoring",
}
"""Part of each service, by its name in Cost Explorer; the rest is `other`."""
MONTH_DAYS = 365 / 12
METRIC = "UnblendedCost"
REQUEST_USD = 0.01
"""Of each request to Cost Explorer: aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing"""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What AWS has billed since the first of the month, in US dollars."""

    start: date
    end: date
    """The first day that is not in it: AWS bills with a delay of about a day."""
    by_part: Mapping[str, float]
    untagged_usd: float
    """Cost of the whole account that no tag gives to a stack."""
    inactive_tags: tuple[str, ...] | None
    """Tags that Cost Explorer ignores; None when it does not say."""

    def month(self, part: str) -> float:
        """The part's cost, extended to a whole month."""
        days = max((self.end - self.start).days, 1)
        return round(self.by_part.get(part, 0) / days * MONTH_DAYS, 2)


def read_bill(stack: Stack, today: date | None = None) -> Bill:
    """The month's bill of the stack. Each call costs three requests to Cost Explorer."""
    end = today or datetime.now(UTC).date()
    start = (end - timedelta(days=1)).replace(day=1)
    own = {
        "And": [
            {"Tags": {"Key": key, "Values": [value]}}
            for key, value in zip(TAGS, (stack.project, stack.name), strict=True)
        ]
    }
    untagged = {"Tags": {"Key": TAGS[1], "MatchOptions": ["ABSENT"]}}
    # Cost Explorer has one endpoint, in us-east-1.
    explorer: Any = stack.session.client("ce", region_name="us-east-1")
    by_part: dict[str, float] = defaultdict(float)
    for service, usd in _by_service(explorer, start, end, own).items():
        by_part[PARTS.get(service, "other")] += usd
    rest = sum(_by_service(explorer, start, end, untagged).values())
    return Bill(
        start=start,
        end=end,
        by_part=dict(by_part),
        untagged_usd=round(rest, 2),
        inactive_tags=_inactive_tags(explorer),
    )


def estimate_of(stack: Stack) -> dict[str, float]:
    """The estimate by part, in US dollars a month, from the stack's outputs. Raises OpsError without it."""
    found = outputs(stack.name).get("monthly_estimate_by_part")
    if not found:
        raise OpsError(f"Pulumi's state of {stack.name} has no estimate. Log in to its backend, or run `pulumi up`.")
    return dict(found)


def compare(estimate: Mapping[str, float], bill: Bill) -> list[dict[str, Any]]:
    """Estimate and bill of each part that has one, in US dollars a month."""
    return [
        {
            "part": part,
            "estimated": estimate.get(part, 0.0),
            "billed": round(bill.by_part.get(part, 0), 2),
            "billed_month": bill.month(part),
        }
        for part in get_args(Part)
        if estimate.get(part) or bill.by_part.get(part)
    ]


def print_cost(estimate: Mapping[str, float], bill: Bill, console: Console) -> None:
    """A table by part, then what the numbers leave out."""
    rows = compare(estimate, bill)
    total = {key: round(sum(row[key] for row in rows), 2) for key in ("estimated", "billed", "billed_month")}
    cells = [
        [row["part"], *(f"{row[key]:.2f}" for key in ("estimated", "billed", "billed_month"))]
        for row in [*rows, {"part": "total", **total}]
    ]
    until = bill.end - timedelta(days=1)
    columns = ("part", "estimate a month", f"billed {bill.start} to {until}", "that as a month")
    console.print(table("Cost in US dollars", columns, cells))
    console.print()
    for line in _notes(bill):
        console.print(line, markup=False, soft_wrap=True)


def to_values(estimate: Mapping[str, float], bill: Bill) -> dict[str, Any]:
    """Everything, for JSON."""
    return {"parts": compare(estimate, bill), **asdict(bill)}


def _notes(bill: Bill) -> list[str]:
    notes = [
        "The estimate is a month without traffic. Left out, because it depends on use: "
        + "; ".join(one.name for one in USAGE)
        + ".",
        f"{bill.untagged_usd:.2f} of the account's cost has no tag {TAGS[1]}: other systems, and what AWS cannot tag.",
        f"AWS bills a day late. Each run of this command costs {3 * REQUEST_USD:.2f} USD.",
    ]
    if bill.inactive_tags:
        activate = " ".join(f"TagKey={key},Status=Active" for key in bill.inactive_tags)
        notes.append(
            f"The cost allocation tags {', '.join(bill.inactive_tags)} are not active: AWS bills nothing to the stack. "
            "In the account that pays: aws ce update-cost-allocation-tags-status --cost-allocation-tags-status "
            f"{activate}; they count from then on."
        )
    return notes


def _by_service(explorer: Any, start: date, end: date, condition: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    answer = explorer.get_cost_and_usage(
        TimePeriod={"Start": start.isoformat(), "End": end.isoformat()},
        Granularity="MONTHLY",
        Filter=dict(condition),
        Metrics=[METRIC],
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )
    for group in (group for period in answer.get("ResultsByTime", []) for group in period.get("Groups", [])):
        found[group["Keys"][0]] += float(group["Metrics"][METRIC]["Amount"])
    return found


def _inactive_tags(explorer: Any) -> tuple[str, ...] | None:
    try:
        answer = explorer.list_cost_allocation_tags(TagKeys=list(TAGS), Status="Active")["CostAllocationTags"]
    except ClientError:
        return None
    active = {one["TagKey"] for one in answer}
    return tuple(key for key in TAGS if key not in active)
