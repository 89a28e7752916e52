"""`make preview`: what production's settings would create, on an embedded cloud without containers."""

import argparse
import tempfile
from pathlib import Path

from rich.console import Console

from local import plan, project
from local.cloud.config import CloudConfig
from local.embedded import running
from local.perform import perform
from local.progress import OnEvent
from local.runtime import Runtime
from local.stack import interruptible, open_stack

STACK = "prod"


def preview(options: argparse.Namespace, _: Runtime) -> int:
    """Print the plan; with `--markdown FILE` also write it as a pull request comment. Raises OperatorError."""
    console = Console(stderr=True)
    collected = plan.Plan()
    settings = project.stack_settings(STACK)
    with tempfile.TemporaryDirectory(prefix="preqly-preview-") as name:
        folder = Path(name)
        config = CloudConfig(name="preqly-preview", state_dir=folder / "cloud", api_port=0)
        with running(config, agents=False) as endpoints:
            drive = open_stack(STACK, folder, endpoints, settings)

            def operation(listen: OnEvent) -> None:
                drive.stack.preview(on_event=collected.listener(listen))

            with interruptible(drive):
                progress = perform(drive, console, f"Planning {STACK}", operation)
    print(collected.as_text())  # noqa: T201
    if options.markdown:
        Path(options.markdown).write_text(collected.as_markdown(settings))
    console.print(f"Planned in {progress.seconds:.0f} s. Nothing was created.", highlight=False)
    return 0
