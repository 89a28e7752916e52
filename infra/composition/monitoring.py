"""Alarms, dashboard, budget, and the month's cost in a preview."""

import pulumi

from infra.composition.data import Data
from infra.composition.foundation import Foundation
from infra.composition.scaling import waiting_jobs
from infra.composition.service import Service
from infra.data.database_capacity import usable_connections
from infra.dns.ses import SesIdentity, SesNotifications
from infra.observability import alarm_rules, dashboard
from infra.observability.alarms import Alarms, AlarmsArgs
from infra.observability.budget import Budget, BudgetArgs
from infra.observability.dashboard import Dashboard, DashboardArgs
from infra.observability.metrics import MonitoredDatabase, MonitoredProcess, MonitoredService
from infra.pricing.cost import summary
from infra.problem import set_command
from infra.schedules.schedules import Schedules
from infra.settings.settings import Settings

NO_RECEIVER = (
    "alarmEmail is empty, so the alarms of this protected stack notify no one. "
    f"Fix: {set_command('alarm_email', 'you@example.com')}"
)


def declare_alarms(settings: Settings, foundation: Foundation, service: Service, data: Data) -> Alarms:
    """Declare the alarms of service and database, and the topic that notifies `alarmEmail`.

    Logs a warning when a protected stack has no receiver.
    """
    if settings.protect and not settings.alarm_email:
        pulumi.log.warn(NO_RECEIVER)
    args = AlarmsArgs(
        alarms=[
            *alarm_rules.service_alarms(_service(settings, service)),
            *(alarm for one in _processes(service) for alarm in alarm_rules.process_alarms(one)),
            *alarm_rules.database_alarms(_database(settings, data)),
            *alarm_rules.cache_alarms(_cache(data)),
        ],
        database=data.database.identifier,
        key_arn=foundation.key.key_arn,
        email=settings.alarm_email,
    )
    return Alarms("alarms", args)


def declare_dashboard(
    settings: Settings, service: Service, data: Data, schedules: Schedules | None = None
) -> Dashboard:
    """Declare the dashboard of service, database and schedules."""
    graphs = {
        **dashboard.service_graphs(_service(settings, service)),
        **{title: graph for one in _processes(service) for title, graph in dashboard.process_graphs(one).items()},
        **dashboard.database_graphs(_database(settings, data)),
        **dashboard.cache_graphs(_cache(data)),
        **(dashboard.schedule_graphs(schedules.group_name) if schedules else {}),
        **(dashboard.web_acl_graphs(service.web_acl.metric_name, settings.region) if service.web_acl else {}),
    }
    return Dashboard("dashboard", DashboardArgs(graphs=graphs, region=settings.region))


def declare_email_notifications(email: SesIdentity | None, alarms: Alarms) -> None:
    """Publish bounces and complaints to the alarm topic when the site sends mail through Amazon SES."""
    if email is not None and email.configuration_set is not None:
        SesNotifications("email-events", email.configuration_set, alarms.topic_arn)


def declare_budget(settings: Settings, alarms: Alarms) -> None:
    """Declare the budget when `monthlyBudgetUsd` is not 0."""
    if settings.monthly_budget_usd:
        Budget("budget", BudgetArgs(monthly_usd=settings.monthly_budget_usd, topic_arn=alarms.topic_arn))


def log_monthly_cost(settings: Settings, service: Service) -> None:
    """In a preview, log what a month costs, and the price of each choice of `egress`."""
    if pulumi.runtime.is_dry_run():
        pulumi.log.info(summary(settings, service.processes, service.runs))


def _service(settings: Settings, service: Service) -> MonitoredService:
    return MonitoredService(
        load_balancer=service.load_balancer.load_balancer_arn_suffix,
        target_group=service.load_balancer.target_group_arn_suffix,
        cluster=service.web.cluster_name,
        service=service.web.service_name,
        min_tasks=settings.min_tasks,
    )


def _processes(service: Service) -> list[MonitoredProcess]:
    return [
        MonitoredProcess(
            name=process.name,
            cluster=service.web.cluster_name,
            service=service.web.processes[process.name].service_name,
            min_tasks=process.min_tasks,
            backlog=waiting_jobs(process),
        )
        for process in service.processes
    ]


def _cache(data: Data) -> list[pulumi.Output[str]]:
    return data.cache.node_ids if data.cache else []


def _database(settings: Settings, data: Data) -> MonitoredDatabase:
    return MonitoredDatabase(
        identifier=data.database.identifier,
        connections=usable_connections(settings.database_class),
        storage_gb=data.database.storage_gb,
    )
