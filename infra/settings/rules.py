"""All rules of the settings, in the order in which their problems are printed."""

from collections.abc import Callable, Collection, Iterator

from infra.settings import name_rules, size_rules
from infra.settings.problem import Finding, Problem, full_key
from infra.settings.settings import Settings

RULES: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    name_rules.region,
    name_rules.zone,
    name_rules.domain,
    name_rules.aliases,
    name_rules.allowed_hosts,
    size_rules.network,
    size_rules.hosting,
    size_rules.choices,
    size_rules.bounds,
    size_rules.tasks,
    name_rules.images,
    size_rules.database,
    size_rules.database_version,
    name_rules.alarm_email,
    name_rules.email_url,
    name_rules.email_from,
    size_rules.log_days,
)


def problems(settings: Settings, project: str, skip: Collection[str] = ()) -> list[Problem]:
    """Everything wrong with the settings.

    Findings that involve a field of `skip` are left out: its value is unreadable, so the rule saw the default.
    """
    return [
        Problem(full_key(finding.fields[0], project), getattr(settings, finding.fields[0]), finding.rule, finding.fix)
        for rule in RULES
        for finding in rule(settings)
        if not set(finding.fields) & set(skip)
    ]
