"""Outputs of the stack. Every key is a public interface of the team and its pipelines; none holds a secret."""

from dataclasses import dataclass, fields

import pulumi

from infra.composition.commands import Commands
from infra.composition.data import Data
from infra.composition.foundation import Foundation
from infra.composition.readme import readme
from infra.composition.release import Release
from infra.composition.service import Service
from infra.data.database_urls import PORT as DATABASE_PORT
from infra.observability.dashboard import Dashboard
from infra.pricing.cost import compare_egress, monthly_estimate
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
    media_bucket: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    """Reading the secret's value takes an IAM permission."""
    log_group: pulumi.Input[str]
    dashboard_url: pulumi.Input[str]
    monthly_estimate_usd: pulumi.Input[float]
    logs_command: pulumi.Input[str]
    shell_command: pulumi.Input[str]
    database_command: pulumi.Input[str]
    rollback_command: pulumi.Input[str]
    readme: pulumi.Input[str]
    """Markdown of the stack's page in Pulumi Cloud."""
    load_balancer_dns: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]

    def export(self) -> None:
        """Export every field."""
        for field in fields(self):
            pulumi.export(field.name, getattr(self, field.name))


def stack_outputs(
    settings: Settings, foundation: Foundation, data: Data, release: Release, service: Service, dashboard: Dashboard
) -> Outputs:
    """Names, links, costs and commands."""
    spec, web = release.spec, service.web
    commands = _commands(settings, foundation, data, service)
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
        media_bucket=data.media.bucket_name,
        secret_arn=data.secrets.secret_arn,
        log_group=foundation.logs.log_group_name,
        dashboard_url=dashboard.url,
        monthly_estimate_usd=monthly_estimate(settings).total_usd,
        logs_command=commands.apply(lambda known: known.logs),
        shell_command=commands.apply(lambda known: known.shell),
        database_command=commands.apply(lambda known: known.database),
        rollback_command=commands.apply(lambda known: known.rollback),
        readme=_readme(settings, spec.tag, commands),
        load_balancer_dns=service.load_balancer.load_balancer_dns,
        cluster_name=web.cluster_name,
        service_name=web.service_name,
    )


def _commands(settings: Settings, foundation: Foundation, data: Data, service: Service) -> pulumi.Output[Commands]:
    return pulumi.Output.all(
        cluster=service.web.cluster_name,
        service=service.web.service_name,
        log_group=foundation.logs.log_group_name,
        database_address=data.database.address,
    ).apply(
        lambda known: Commands(region=settings.region, stack=pulumi.get_stack(), database_port=DATABASE_PORT, **known)
    )


def _readme(settings: Settings, tag: pulumi.Output[str], commands: pulumi.Output[Commands]) -> pulumi.Output[str]:
    url, estimate, egress = f"https://{settings.domain}", monthly_estimate(settings), compare_egress(settings)
    return pulumi.Output.all(tag, commands).apply(lambda known: readme(url, known[0], known[1], estimate, egress))
