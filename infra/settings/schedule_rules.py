"""The schedules of hosting.toml that a stack runs, and the rule for the setting that turns some off."""

from collections.abc import Mapping

from infra.application.cron import runs_a_month
from infra.application.schedules import Schedule
from infra.pricing.lines import ScheduledRuns
from infra.problem import Finding, SettingsError
from infra.settings.rules import problem_of
from infra.settings.settings import Settings

ALL = "*"
"""Value of `disabledSchedules` for every schedule."""


def enabled(settings: Settings, declared: Mapping[str, Schedule]) -> dict[str, Schedule]:
    """Those that the stack runs."""
    off = settings.disabled_schedules
    return {name: one for name, one in declared.items() if name not in off and ALL not in off}


def runs(settings: Settings, declared: Mapping[str, Schedule]) -> tuple[ScheduledRuns, ...]:
    """Runs in a month, for the price."""
    return tuple(
        ScheduledRuns(
            name=name,
            runs=runs_a_month(one.cron, one.timezone),
            cpu=one.cpu or settings.task_cpu,
            memory=one.memory or settings.task_memory,
        )
        for name, one in enabled(settings, declared).items()
    )


def check(settings: Settings, declared: Mapping[str, Schedule], project: str) -> None:
    """Raise SettingsError when the setting names a schedule that hosting.toml does not have."""
    unknown = [name for name in settings.disabled_schedules if name != ALL and name not in declared]
    if unknown:
        rule = f"hosting.toml has no schedule {', '.join(unknown)}; it has: {', '.join(declared) or 'none'}"
        finding = Finding(("disabled_schedules",), rule, f"remove it, or write {ALL} for all of them")
        raise SettingsError([problem_of(finding, settings, project)])
