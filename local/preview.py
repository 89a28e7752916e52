"""`make preview`: what production's settings would create, on an embedded cloud without containers or state."""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from local import daemon, project
from local.comparison import Comparison, compare
from local.hosting import VM
from local.perform import perform
from local.plan import Plan
from local.plan_text import as_markdown, as_text
from local.runtime import Runtime, UsageError
from local.setup.runner import say
from local.stack import interruptible, open_stack

STACK = "prod"
NOT_ON_A_MACHINE = ("waf", "minTasks")
"""Settings that the program refuses with `hosting: vm`, where production has them (infra/machine_rules.py)."""


def preview(options: argparse.Namespace, runtime: Runtime) -> int:
    """Print the plan; with `--markdown FILE` also write it as a pull request comment. Raises OperatorError."""
    console = Console(stderr=True)
    collected = Plan()
    settings = _settings(options.hosting)
    with tempfile.TemporaryDirectory(prefix="preqly-preview-") as name:
        throwaway = replace(runtime, cloud="preqly-preview", folder=Path(name))
        with daemon.for_a_plan(throwaway) as endpoints:
            drive = open_stack(STACK, throwaway.folder, endpoints, settings)
            with interruptible(drive):
                progress = perform(drive, console, f"Planning {STACK}", collected.listening_to(drive.stack.preview))
    print(as_text(collected))  # noqa: T201
    comparison = _against(options.compare, collected)
    if comparison is not None:
        print("\n".join([*comparison.lines(), "", f"Against {options.compare}: {comparison.headline()}"]))  # noqa: T201
    if options.markdown:
        Path(options.markdown).write_text(as_markdown(collected, settings, comparison))
    if options.write:
        collected.write(Path(options.write))
    console.print(f"Planned in {progress.seconds:.0f} s. Nothing was created.", highlight=False)
    return 0


def _settings(hosting: str | None) -> dict[str, Any]:
    settings = project.stack_settings(STACK)
    if hosting is not None:
        settings |= {f"{project.name()}:hosting": hosting}
    if hosting != VM:
        return settings
    without = [key for key in settings if key.partition(":")[2] in NOT_ON_A_MACHINE]
    if without:
        say(f"Planned without {', '.join(without)}: a machine runs one task, and has no load balancer for them.")
    kept = {key: value for key, value in settings.items() if key not in without}
    return kept | project.machine_settings(kept)


def _against(name: str | None, collected: Plan) -> Comparison | None:
    if name is None:
        return None
    try:
        return compare(Plan.read(Path(name)), collected)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--compare {name}: no plan that preview --write has written: {error}") from error
