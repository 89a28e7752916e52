"""What the team sees: alarms, the dashboard, the budget and the stack's outputs."""

from typing import NamedTuple

import pulumi

from infra import alarm_rules
from infra.alarms import Alarms, AlarmsArgs
from infra.budget import Budget, BudgetArgs
from infra.commands import Commands
from infra.cost import compare_egress, compare_hosting, monthly_estimate, summary
from infra.dashboard import Dashboard, DashboardArgs, of_database
from infra.email import Email, EmailEvents
from infra.metrics import WatchedDatabase
from infra.outputs import Outputs
from infra.readme import readme
from infra.settings import Settings
from infra.wiring.data import Stores
from infra.wiring.hosted import Ground, Hosted, Ships


class Seen(NamedTuple):
    """What runs, and the page on which it is seen."""

    hosted: Hosted
    dashboard: Dashboard


def _database(settings: Settings, stores: Stores) -> WatchedDatabase:
    return WatchedDatabase(
        identifier=stores.database.identifier,
        instance_class=settings.database_class,
        storage_gb=settings.database_storage_gb,
    )


def alarms(settings: Settings, hosted: Hosted, stores: Stores) -> Alarms:
    """The handful that wakes someone."""
    args = AlarmsArgs(
        alarms=[*hosted.alarms, *alarm_rules.of_database(_database(settings, stores))],
        database=stores.database.identifier,
        email=settings.alarm_email,
    )
    return Alarms("alarms", args)


def email_events(email: Email | None, alarms: Alarms) -> None:
    """Mail that came back or was called spam, told where the alarms ring."""
    if email is not None:
        EmailEvents("email-events", email, alarms.topic_arn)


def dashboard(settings: Settings, hosted: Hosted, stores: Stores) -> Dashboard:
    """The system on one page."""
    graphs = {**hosted.graphs, **of_database(_database(settings, stores))}
    return Dashboard("dashboard", DashboardArgs(graphs=graphs, region=settings.region))


def budget(settings: Settings, alarms: Alarms) -> Budget | None:
    """Warnings on the way to the monthly limit, when there is one."""
    if settings.monthly_budget_usd == 0:
        return None
    return Budget("budget", BudgetArgs(monthly_usd=settings.monthly_budget_usd, topic_arn=alarms.topic_arn))


def costs(settings: Settings) -> None:
    """Says in a preview what the month will cost, and what the other ways out of the tasks would make of it."""
    if pulumi.runtime.is_dry_run():
        pulumi.log.info(summary(settings))


def outputs(settings: Settings, ground: Ground, stores: Stores, ships: Ships, seen: Seen) -> Outputs:
    """What the stack tells: names, links, costs and commands, none of them secret."""
    hosted, release = seen.hosted, ships.release
    return Outputs(
        url=f"https://{settings.domain}",
        hosting=settings.hosting,
        release={
            "number": hosted.release.number,
            "digest": release.web_image.apply(lambda image: image.rpartition("@")[2]),
            "revision": release.revision,
        },
        web_image=release.web_image,
        proxy_image=release.proxy_image,
        database_endpoint=stores.database.endpoint,
        database_name=stores.database.name,
        media_bucket=stores.media.bucket_name,
        secret_arn=stores.secrets.secret_arn,
        log_group=ground.logs.log_group_name,
        dashboard_url=seen.dashboard.url,
        monthly_estimate_usd=monthly_estimate(settings).total_usd,
        logs_command=hosted.commands.apply(lambda known: known.logs),
        shell_command=hosted.commands.apply(lambda known: known.shell),
        database_command=hosted.commands.apply(lambda known: known.database),
        rollback_command=hosted.commands.apply(lambda known: known.rollback),
        readme=_page(settings, ships, hosted.commands),
        **hosted.outputs,
    )


def _page(settings: Settings, ships: Ships, commands: pulumi.Output[Commands]) -> pulumi.Output[str]:
    url, estimate = f"https://{settings.domain}", monthly_estimate(settings)
    choices = {"hosting": compare_hosting(settings)}
    if settings.hosting == "fargate":
        choices["egress"] = compare_egress(settings)
    return pulumi.Output.all(commands, ships.release.tag).apply(
        lambda known: readme(url, known[1], known[0], estimate, choices)
    )
