"""A plan in words: for the terminal, and as the comment on a pull request."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.comparison import Comparison
from local.plan import Plan

MARKER = "<!-- preqly-preview -->"
"""First line of the comment: by it the workflow finds the comment to update."""
_SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "±", "create-replacement": "±", "same": " "}


def headline(plan: Plan) -> str:
    """Such as `112 to create; about 97.40 US dollars a month`."""
    parts = [f"{count} to {operation}" for operation, count in sorted(plan.counts().items())]
    cost = f"; about {plan.monthly_usd:.2f} US dollars a month" if plan.monthly_usd is not None else ""
    return (", ".join(parts) or "no resources") + cost


def as_text(plan: Plan) -> str:
    """Every resource under its component, then the headline."""
    lines = []
    for component, members in plan.by_component().items():
        lines.append(component)
        lines += [f"  {_SIGNS.get(planned.operation, '?')} {planned.title}" for planned in members]
    return "\n".join([*lines, "", headline(plan)])


def as_markdown(plan: Plan, settings: Mapping[str, Any], comparison: Comparison | None) -> str:
    """A comment for people who decide on a change: what changes and what it costs first, the rest folded."""
    lines = [MARKER, "### Preview with production's settings", ""]
    if comparison is not None:
        lines += [f"**Against the target branch: {comparison.headline()}**", ""]
        lines += [*_fenced("diff", comparison.lines()), ""] if list(comparison.lines()) else []
    lines += [f"The whole system: {headline(plan)}", ""]
    groups = plan.by_component()
    rows = ["| part | resources |", "|---|---|"]
    rows += [f"| {component} | {len(members)} |" for component, members in groups.items()]
    names = (planned.title for members in groups.values() for planned in members)
    lines += _folded("Parts", rows)
    lines += _folded("All resources", _fenced("text", names))
    lines += _folded("Production's settings", _fenced("yaml", (f"{key}: {value}" for key, value in settings.items())))
    return "\n".join(
        [*lines, "Planned from nothing on the embedded cloud, without credentials; no account was read.", ""]
    )


def _folded(title: str, lines: Iterable[str]) -> list[str]:
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>", ""]


def _fenced(language: str, lines: Iterable[str]) -> list[str]:
    return [f"```{language}", *lines, "```"]
