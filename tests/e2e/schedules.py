"""Schedules of a site: let time pass for them, and see what ran and what was mailed."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from embedded_cloud.agents.events import clock
from tests.e2e.checkout import Checkout

DAY = 86400
FAILING = """
[schedules.report]
command = ["python", "-c", "import os; print('with', os.environ['SECRET_KEY']); raise SystemExit(7)"]
cron = "0 12 * * *"
"""
"""Appended to hosting.toml: a schedule that prints a secret and fails."""


def pass_a_day(checkout: Checkout) -> None:
    """Each schedule that is due once a day is due now."""
    clock.advance(checkout.runtime.folder / "cloud", DAY)


def runs(checkout: Checkout, name: str) -> list[dict[str, Any]]:
    """Stopped tasks of a schedule, oldest first."""
    ecs, cluster = checkout.aws("ecs"), checkout.outputs()["cluster_name"]
    arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
    found = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    ours = [one for one in found if (one["group"], one["lastStatus"]) == (f"schedule:{name}", "STOPPED")]
    return sorted(ours, key=lambda one: one["createdAt"])


def mails(checkout: Checkout, receiver: str, subject: str) -> list[EmailMessage]:
    """Mails to a receiver of alarms whose subject ends so."""
    files = (checkout.runtime.folder / "cloud" / "mail").glob("*.eml")
    found = (message_from_bytes(file.read_bytes(), policy=policy.default) for file in files)
    return [one for one in found if one["To"] == receiver and str(one["Subject"]).endswith(subject)]


def states(checkout: Checkout) -> dict[str, str]:
    """ENABLED or DISABLED of each schedule, all of which start the release on record."""
    scheduler, group = checkout.aws("scheduler"), checkout.outputs()["schedule_group"]
    names = [one["Name"] for one in scheduler.list_schedules(GroupName=group)["Schedules"]]
    found = [scheduler.get_schedule(GroupName=group, Name=name) for name in names]
    started = {one["Target"]["EcsParameters"]["TaskDefinitionArn"] for one in found}
    assert started == {checkout.releases()[0]["process_task_definitions"]["command"]}
    return {one["Name"]: one["State"] for one in found}
