"""What the team sees: alarms, the dashboard, the budget and the stack's outputs."""

from typing import NamedTuple

import pulumi

from infra.alarms import Alarms, AlarmsArgs
from infra.budget import Budget, BudgetArgs
from infra.commands import Commands
from infra.cost import compare_egress, monthly_estimate, summary
from infra.dashboard import Dashboard, DashboardArgs
from infra.database_urls import PORT as DATABASE_PORT
from infra.email import Email, EmailEvents
from infra.front_door import FrontDoor
from infra.logs import Logs
from infra.metrics import Watched
from infra.outputs import Outputs
from infra.readme import readme
from infra.settings import Settings
from infra.web_service import WebService
from infra.wiring.data import Stores
from infra.wiring.service import Ships


class Site(NamedTuple):
    """What runs, for those who are told of it."""

    front: FrontDoor
    web: WebService
    logs: Logs
    dashboard: Dashboard


def watched(settings: Settings, front: FrontDoor, web: WebService, stores: Stores) -> Watched:
    """The names by which CloudWatch knows the parts."""
    return Watched(
        load_balancer=front.load_balancer_arn_suffix,
        target_group=front.target_group_arn_suffix,
        cluster=web.cluster_name,
        service=web.service_name,
        database=stores.database.identifier,
        database_class=settings.database_class,
        database_storage_gb=settings.database_storage_gb,
        min_tasks=settings.min_tasks,
    )


def alarms(settings: Settings, watched: Watched) -> Alarms:
    """The handful that wakes someone."""
    return Alarms("alarms", AlarmsArgs(watched=watched, email=settings.alarm_email))


def email_events(email: Email | None, alarms: Alarms) -> None:
    """Mail that came back or was called spam, told where the alarms ring."""
    if email is not None:
        EmailEvents("email-events", email, alarms.topic_arn)


def dashboard(settings: Settings, watched: Watched) -> Dashboard:
    """The system on one page."""
    return Dashboard("dashboard", DashboardArgs(watched=watched, region=settings.region))


def budget(settings: Settings, alarms: Alarms) -> Budget | None:
    """Warnings on the way to the monthly limit, when there is one."""
    if settings.monthly_budget_usd == 0:
        return None
    return Budget("budget", BudgetArgs(monthly_usd=settings.monthly_budget_usd, topic_arn=alarms.topic_arn))


def costs(settings: Settings) -> None:
    """Says in a preview what the month will cost, and what the other ways out of the tasks would make of it."""
    if pulumi.runtime.is_dry_run():
        pulumi.log.info(summary(settings))


def outputs(settings: Settings, ships: Ships, stores: Stores, site: Site) -> Outputs:
    """What the stack tells: names, links, costs and commands, none of them secret."""
    commands = _commands(settings, stores, site)
    release = ships.release
    return Outputs(
        url=f"https://{settings.domain}",
        hosting=settings.hosting,
        release={
            "number": site.web.release.number,
            "digest": release.web_image.apply(lambda image: image.rpartition("@")[2]),
            "revision": release.revision,
        },
        web_image=release.web_image,
        proxy_image=release.proxy_image,
        load_balancer_dns=site.front.load_balancer_dns,
        database_endpoint=stores.database.endpoint,
        database_name=stores.database.name,
        media_bucket=stores.media.bucket_name,
        secret_arn=stores.secrets.secret_arn,
        cluster_name=site.web.cluster_name,
        service_name=site.web.service_name,
        log_group=site.logs.log_group_name,
        dashboard_url=site.dashboard.url,
        monthly_estimate_usd=monthly_estimate(settings).total_usd,
        logs_command=commands.apply(lambda known: known.logs),
        shell_command=commands.apply(lambda known: known.shell),
        database_command=commands.apply(lambda known: known.database),
        rollback_command=commands.apply(lambda known: known.rollback),
        readme=_page(settings, ships, commands),
    )


def _page(settings: Settings, ships: Ships, commands: pulumi.Output[Commands]) -> pulumi.Output[str]:
    url, estimate, choices = f"https://{settings.domain}", monthly_estimate(settings), compare_egress(settings)
    return pulumi.Output.all(commands, ships.release.tag).apply(
        lambda known: readme(url, known[1], known[0], estimate, choices)
    )


def _commands(settings: Settings, stores: Stores, site: Site) -> pulumi.Output[Commands]:
    return pulumi.Output.all(
        cluster=site.web.cluster_name,
        service=site.web.service_name,
        log_group=site.logs.log_group_name,
        database_address=stores.database.address,
    ).apply(
        lambda known: Commands(region=settings.region, stack=pulumi.get_stack(), database_port=DATABASE_PORT, **known)
    )
