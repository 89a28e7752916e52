"""All rules of the settings, in the order in which an operator reads them. Pure: no resources."""

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from infra import machine_rules, name_rules, size_rules
from infra.problem import Finding, Problem, key_of

if TYPE_CHECKING:
    from infra.settings import Settings

RULES: tuple[Callable[["Settings"], Iterator[Finding]], ...] = (
    name_rules.region,
    name_rules.zone,
    name_rules.domain,
    name_rules.aliases,
    name_rules.allowed_hosts,
    size_rules.network,
    size_rules.choices,
    size_rules.bounds,
    size_rules.tasks,
    machine_rules.tasks,
    machine_rules.instance_type,
    machine_rules.web_acl,
    machine_rules.certificate,
    name_rules.images,
    size_rules.database,
    size_rules.database_version,
    name_rules.alarm_email,
    name_rules.email_url,
    name_rules.email_from,
    size_rules.log_days,
)


def problems(settings: "Settings", project: str, skip: Collection[str] = ()) -> list[Problem]:
    """Everything wrong with the settings.

    Findings that involve a field of `skip` are left out: it could not be read, so they would blame a value that
    nobody wrote.
    """
    found = (finding for rule in RULES for finding in rule(settings))
    return [
        Problem(_full_key(finding.fields[0], project), getattr(settings, finding.fields[0]), finding.rule, finding.fix)
        for finding in found
        if not set(finding.fields) & set(skip)
    ]


def _full_key(field: str, project: str) -> str:
    return "aws:region" if field == "region" else f"{project}:{key_of(field)}"
