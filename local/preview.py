"""`make preview`: what production's settings would create, on an embedded cloud without containers or state."""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from local import daemon, plan, project
from local.perform import perform
from local.runtime import Runtime
from local.stack import interruptible, open_stack

STACK = "prod"


def preview(options: argparse.Namespace, runtime: Runtime) -> int:
    """Print the plan; with `--markdown FILE` also write it as a pull request comment. Raises OperatorError."""
    console = Console(stderr=True)
    collected = plan.Plan()
    settings = project.stack_settings(STACK)
    with tempfile.TemporaryDirectory(prefix="preqly-preview-") as name:
        throwaway = replace(runtime, cloud="preqly-preview", folder=Path(name))
        with daemon.for_a_plan(throwaway) as endpoints:
            drive = open_stack(STACK, throwaway.folder, endpoints, settings)
            with interruptible(drive):
                progress = perform(drive, console, f"Planning {STACK}", collected.listening_to(drive.stack.preview))
    print(collected.as_text())  # noqa: T201
    if options.markdown:
        Path(options.markdown).write_text(collected.as_markdown(settings))
    console.print(f"Planned in {progress.seconds:.0f} s. Nothing was created.", highlight=False)
    return 0
