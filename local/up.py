"""`make up`: the whole job, from nothing to a site that answers."""

import argparse
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from local import project, recovery, site, status
from local.endpoints import Endpoints
from local.hosting import FARGATE
from local.perform import perform
from local.progress import Progress
from local.runtime import Runtime
from local.setup import base_images
from local.setup.runner import say
from local.stack import STACK, Drive, interruptible, open_stack
from local.state import pending_operations


def up(options: argparse.Namespace, runtime: Runtime) -> int:
    """Deploy and say where to look. Raises OperatorError with what failed."""
    console = Console(stderr=True)
    images = base_images.choose(runtime, say)
    say(status.what_is_emulated(images, options.hosting))
    endpoints = recovery.running_cloud(runtime)
    drive = open_stack(STACK, runtime.folder, endpoints, _settings(images, options.hosting, endpoints))
    progress = deploy(drive, console)
    console.print(f"Stack {STACK}: {progress.summary()}.", highlight=False)
    site.wait_until_it_answers(runtime)
    status.tell_where_to_look(runtime, console)
    return 0


def _settings(images: Mapping[str, str], hosting: str, endpoints: Endpoints) -> dict[str, Any]:
    settings = project.local_settings(images, hosting)
    if hosting == FARGATE:
        return settings
    return settings | project.machine_settings(settings) | {f"{project.name()}:acmeServer": endpoints.acme}


def deploy(drive: Drive, console: Console) -> Progress:
    """`pulumi up`, after healing what a killed run left. Raises as `perform` does."""
    with interruptible(drive):
        pending = pending_operations(drive.folder, drive.stack.name)
        if pending:
            # What was being created then is created again now; the providers make that safe.
            say(f"The last run was cut off during {len(pending)} operations. Reading what exists.")
            perform(
                drive,
                console,
                "Reading",
                lambda listen: drive.stack.refresh(on_event=listen, clear_pending_creates=True),
            )
        return perform(drive, console, "Deploying", lambda listen: drive.stack.up(on_event=listen))
