"""`make down` and `make clean`: leave nothing behind."""

import argparse
import shutil

from pulumi.automation.errors import CommandError
from rich.console import Console

from local import daemon, project
from local.cloud.cleanup import remove_all, remove_images
from local.perform import perform
from local.runtime import ROOT, VENV, OperatorError, Runtime, tool_cache
from local.setup import docker_engine
from local.setup.runner import say
from local.stack import STACK, interruptible, open_stack


def down(_: argparse.Namespace, runtime: Runtime) -> int:
    """Destroy the stack, then remove every container, volume, network, process and file of the cloud."""
    console = Console(stderr=True)
    _destroy(runtime, console)
    daemon.stop(runtime)
    _remove_containers(runtime)
    stopped = docker_engine.stop_if_ours(runtime)
    shutil.rmtree(runtime.folder)
    # Written by a `pulumi` that was called in the checkout: it holds nothing but the salt of a state that is gone.
    (ROOT / f"Pulumi.{STACK}.yaml").unlink(missing_ok=True)
    say(f"Removed: containers, volumes, network, processes{', dockerd' if stopped else ''} and {runtime.folder}.")
    say(f"Kept for the next time: base images in Docker, .venv and tools in {tool_cache()} (make clean).")
    return 0


def clean(_: argparse.Namespace, runtime: Runtime) -> int:
    """Remove what set-up fetched and built. Raises OperatorError while the cloud exists."""
    if runtime.in_use:
        raise OperatorError("The embedded cloud is still here. Run make down first.")
    for folder in (runtime.folder, tool_cache(), VENV):
        if folder.exists():
            say(f"Removing {folder}")
            shutil.rmtree(folder)
    return 0


def _destroy(runtime: Runtime, console: Console) -> None:
    """Through the engine, as on AWS. Where that is not possible the containers are removed all the same."""
    endpoints = daemon.find(runtime)
    if endpoints is None or not (runtime.folder / "state" / ".pulumi" / "stacks").exists():
        return
    try:
        settings = project.load_settings(runtime.folder / "program", STACK)
        drive = open_stack(STACK, runtime.folder, endpoints, settings)
        with interruptible(drive):
            progress = perform(drive, console, "Destroying", lambda listen: drive.stack.destroy(on_event=listen))
        say(f"Stack {STACK}: {progress.summary()}.")
    except (OperatorError, CommandError) as error:
        say(f"The engine could not destroy the stack, so it is removed without it:\n{error}")


def _remove_containers(runtime: Runtime) -> None:
    if docker_engine.answers():
        remove_all(runtime.cloud)
        remove_images(runtime.ports.registry)
