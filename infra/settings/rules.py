"""All rules of the settings, in the order in which their problems are printed."""

from collections.abc import Callable, Collection, Iterator

from infra.problem import Finding, Problem, full_key
from infra.settings import (
    database_rules,
    dns_rules,
    edge_rules,
    environment_rules,
    mail_rules,
    name_rules,
    pipeline_rules,
    request_rules,
    size_rules,
)
from infra.settings.settings import Settings

RULES: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    name_rules.region,
    name_rules.zone,
    name_rules.domain,
    name_rules.aliases,
    dns_rules.zone,
    dns_rules.records,
    dns_rules.certificate,
    dns_rules.email_identity,
    name_rules.allowed_hosts,
    size_rules.network,
    size_rules.hosting,
    size_rules.choices,
    size_rules.bounds,
    size_rules.tasks,
    request_rules.requests,
    request_rules.trusted_proxies,
    name_rules.images,
    database_rules.instance_class,
    database_rules.connections,
    database_rules.storage,
    database_rules.version,
    mail_rules.alarm_email,
    mail_rules.email_url,
    mail_rules.email_from,
    mail_rules.egress_ports,
    size_rules.log_days,
    pipeline_rules.permissions_boundary,
    edge_rules.hsts,
    edge_rules.waf_blocks,
    environment_rules.names,
    environment_rules.plain_values,
    environment_rules.debug,
    environment_rules.characters,
    environment_rules.document,
    environment_rules.definition,
    environment_rules.existing,
    environment_rules.references,
)


def problems(settings: Settings, project: str, skip: Collection[str] = ()) -> list[Problem]:
    """Everything wrong with the settings.

    Findings that involve a field of `skip` are left out: its value is unreadable, so the rule saw the default.
    """
    return [
        problem_of(finding, settings, project)
        for rule in RULES
        for finding in rule(settings)
        if not set(finding.fields) & set(skip)
    ]


def problem_of(finding: Finding, settings: Settings, project: str) -> Problem:
    """A finding as it is printed."""
    key = full_key(finding.fields[0], project)
    if finding.item is not None:
        return Problem(f"{key}.{finding.item}", None, finding.rule, finding.fix)
    return Problem(key, getattr(settings, finding.fields[0]), finding.rule, finding.fix)
