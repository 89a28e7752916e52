"""Checks of who is told: alarms, their receivers, budget; and of the web ACL."""

from collections.abc import Iterator
from typing import Any

from infra.provider.session import account_of
from ops.checks.check import Check, check
from ops.stack import Stack
from ops.status import health

AREA = "Alarms and cost"


def checks(stack: Stack) -> Iterator[Check]:
    """Alarms with a confirmed receiver, none ringing; a budget; a web ACL that blocks."""
    alarms = health.alarms(stack.session, stack.project, stack.name)
    problems = list(alarms.problems(needed=True))
    yield check(
        AREA,
        "No alarm rings, and somebody has confirmed to receive them",
        not problems and bool(alarms.receivers),
        found=", ".join(alarms.receivers),
        fix=" ".join(problems),
    )
    budgets: Any = stack.session.client("budgets")
    found = budgets.describe_budgets(AccountId=account_of(stack.session)).get("Budgets", [])
    fix = "pulumi config set monthlyBudgetUsd <dollars> && pulumi up"
    rule = "A budget mails before the month becomes expensive"
    yield check(AREA, rule, bool(found), fix=fix, otherwise="warning")
    acls = stack.arns("wafv2:regional/webacl")
    fix = "pulumi config set waf true && pulumi up; it has a price (docs/waf.md)"
    rule = "A web ACL filters requests"
    yield check(AREA, rule, bool(acls), fix=fix, control="ELB.16", otherwise="warning")
