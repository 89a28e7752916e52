"""Outputs of the stack. Every key is a public interface of the team and its pipelines; none holds a secret."""

from dataclasses import dataclass, fields

import pulumi

from infra.composition.commands import Commands
from infra.composition.data import Data
from infra.composition.foundation import Foundation
from infra.composition.readme import readme
from infra.composition.release import Release
from infra.composition.service import Service
from infra.observability.dashboard import Dashboard
from infra.pricing.cost import Estimate, compare_egress, monthly_estimate
from infra.schedules.schedules import Schedules
from infra.settings.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """One field per stack output, of the same name."""

    url: pulumi.Input[str]
    hosting: pulumi.Input[str]
    release: pulumi.Input[dict[str, pulumi.Input[object]]]
    """`number` on record, `digest` of the web image, and Git `revision` of its sources.

    The revision ends in `-dirty` when the sources had uncommitted changes."""
    web_image: pulumi.Input[str]
    proxy_image: pulumi.Input[str]
    database_endpoint: pulumi.Input[str]
    database_name: pulumi.Input[str]
    cache_endpoint: pulumi.Input[str]
    """Empty without a cache."""
    media_bucket: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    """Reading the secret's value takes an IAM permission."""
    log_group: pulumi.Input[str]
    dashboard_url: pulumi.Input[str]
    monthly_estimate_usd: pulumi.Input[float]
    monthly_estimate_by_part: pulumi.Input[dict[str, float]]
    logs_command: pulumi.Input[str]
    shell_command: pulumi.Input[str]
    database_command: pulumi.Input[str]
    rollback_command: pulumi.Input[str]
    readme: pulumi.Input[str]
    """Markdown of the stack's page in Pulumi Cloud."""
    load_balancer_dns: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    process_services: pulumi.Input[dict[str, pulumi.Input[str]]]
    """ECS service of each process of hosting.toml, by its name."""
    schedule_group: pulumi.Input[str]
    """Group of the stack's schedules in EventBridge Scheduler; empty when it runs none."""

    def export(self) -> None:
        """Export every field."""
        for field in fields(self):
            pulumi.export(field.name, getattr(self, field.name))


def stack_outputs(
    settings: Settings,
    foundation: Foundation,
    data: Data,
    release: Release,
    service: Service,
    dashboard: Dashboard,
    scheduled: Schedules | None = None,
) -> Outputs:
    """Names, links, costs and commands."""
    spec, web = release.spec, service.web
    commands = Commands(region=settings.region, stack=pulumi.get_stack())
    estimate = monthly_estimate(settings, service.processes, service.runs)
    return Outputs(
        url=f"https://{settings.domain}",
        hosting=settings.hosting,
        release={
            "number": web.release.number,
            "digest": spec.web_image.apply(lambda image: image.rpartition("@")[2]),
            "revision": spec.revision,
        },
        web_image=spec.web_image,
        proxy_image=spec.proxy_image,
        database_endpoint=data.database.endpoint,
        database_name=data.database.name,
        cache_endpoint=data.cache.endpoint if data.cache else "",
        media_bucket=data.media.bucket_name,
        secret_arn=data.secrets.secret_arn,
        log_group=foundation.logs.log_group_name,
        dashboard_url=dashboard.url,
        monthly_estimate_usd=estimate.total_usd,
        monthly_estimate_by_part=estimate.usd_by_part,
        logs_command=commands.logs,
        shell_command=commands.shell,
        database_command=commands.database,
        rollback_command=commands.rollback,
        readme=_readme(settings, service, spec.tag, commands, estimate),
        load_balancer_dns=service.load_balancer.load_balancer_dns,
        cluster_name=web.cluster_name,
        service_name=web.service_name,
        process_services={name: one.service_name for name, one in web.processes.items()},
        schedule_group=scheduled.group_name if scheduled else "",
    )


def _readme(
    settings: Settings, service: Service, tag: pulumi.Output[str], commands: Commands, estimate: Estimate
) -> pulumi.Output[str]:
    url, egress = f"https://{settings.domain}", compare_egress(settings, service.processes)
    return tag.apply(lambda known: readme(url, known, commands, estimate, egress))
