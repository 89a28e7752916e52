"""`make preview`: what production's settings would create, on an embedded cloud without containers or state."""

import argparse
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from local import application_choice, daemon, project
from local.engine import run_engine
from local.plan import Comparison, Plan, compare
from local.runtime import Runtime, UsageError
from local.stack import select_stack

STACK = project.PLANNED_STACK
MARKER = "<!-- preqly-preview -->"
"""First line of the pull request comment: the workflow finds the comment to update by it."""
_SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "±", "create-replacement": "±", "same": " "}


def preview(options: argparse.Namespace, runtime: Runtime) -> int:
    """Print the plan; with `--markdown FILE` also write it as a pull request comment. Raises OperatorError."""
    console = Console(stderr=True)
    plan = Plan()
    settings = project.stack_settings(STACK) | application_choice.setting(options.application)
    application_choice.find_in(application_choice.of_settings(settings))
    with tempfile.TemporaryDirectory(prefix="preqly-preview-") as name:
        throwaway = replace(runtime, cloud="preqly-preview", folder=Path(name))
        with daemon.for_a_plan(throwaway) as endpoints:
            selected = select_stack(STACK, throwaway.folder, endpoints, settings)
            with selected.interruptible():
                progress = run_engine(
                    selected,
                    console,
                    f"Planning {STACK}",
                    lambda listen: selected.stack.preview(on_event=plan.listener(listen)),
                )
    print(as_text(plan))  # noqa: T201
    comparison = _compare_with_file(options.compare, plan)
    if comparison is not None:
        print("\n".join([*comparison.lines(), "", f"Against {options.compare}: {comparison.headline()}"]))  # noqa: T201
    if options.markdown:
        Path(options.markdown).write_text(as_markdown(plan, settings, comparison))
    if options.write:
        plan.write(Path(options.write))
    console.print(f"Planned in {progress.seconds:.0f} s. Nothing was created.", highlight=False)
    return 0


def _compare_with_file(name: str | None, plan: Plan) -> Comparison | None:
    if name is None:
        return None
    try:
        return compare(Plan.read(Path(name)), plan)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--compare {name}: not a plan written by preview --write: {error}") from error


def as_text(plan: Plan) -> str:
    """Every resource under its component, then the headline."""
    lines = []
    for component, members in plan.by_component().items():
        lines.append(component)
        lines += [f"  {_SIGNS.get(planned.operation, '?')} {planned.title}" for planned in members]
    return "\n".join([*lines, "", plan.headline()])


def as_markdown(plan: Plan, settings: Mapping[str, Any], comparison: Comparison | None) -> str:
    """A pull request comment: changes and cost first, the rest folded."""
    lines = [MARKER, "### Preview with production's settings", ""]
    if comparison is not None:
        lines += [f"**Against the target branch: {comparison.headline()}**", ""]
        lines += [*_fenced("diff", comparison.lines()), ""] if list(comparison.lines()) else []
    lines += [f"The whole system: {plan.headline()}", ""]
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
