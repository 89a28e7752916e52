"""`make down` and `make clean`: leave nothing behind."""

import argparse
import shutil

from pulumi.automation.errors import CommandError
from rich.console import Console

from embedded_cloud.containers.cleanup import remove_all, remove_images
from infra.images.sources import STAGED
from local import daemon, project
from local.engine import run_engine
from local.project import LOCAL_STACK
from local.runtime import ROOT, VENV, OperatorError, Runtime, tool_cache
from local.setup import docker_engine
from local.setup.steps import report
from local.stack import select_stack


def down(_: argparse.Namespace, runtime: Runtime) -> int:
    """Destroy the stack, then remove every container, volume, network, process and file of the cloud."""
    console = Console(stderr=True)
    _destroy(runtime, console)
    daemon.stop(runtime)
    _remove_containers(runtime)
    stopped = docker_engine.stop_if_ours(runtime)
    shutil.rmtree(runtime.folder)
    shutil.rmtree(ROOT / STAGED, ignore_errors=True)
    # Written by a `pulumi` called in the checkout; it holds only the salt of the state that is deleted here.
    (ROOT / f"Pulumi.{LOCAL_STACK}.yaml").unlink(missing_ok=True)
    report(f"Removed: containers, volumes, network, processes{', dockerd' if stopped else ''} and {runtime.folder}.")
    report(f"Kept for the next time: base images in Docker, .venv and tools in {tool_cache()} (make clean).")
    return 0


def clean(_: argparse.Namespace, runtime: Runtime) -> int:
    """Remove what set-up downloaded and built. Raises OperatorError while the cloud exists."""
    if runtime.in_use:
        raise OperatorError("The embedded cloud is still here. Run make down first.")
    for folder in (runtime.folder, tool_cache(), VENV):
        if folder.exists():
            report(f"Removing {folder}")
            shutil.rmtree(folder)
    return 0


def _destroy(runtime: Runtime, console: Console) -> None:
    """Destroy through the engine, as on AWS. If that fails, the containers are removed without it."""
    endpoints = daemon.find(runtime)
    if endpoints is None or not (runtime.folder / "state" / ".pulumi" / "stacks").exists():
        return
    try:
        settings = project.load_settings(runtime.folder / "program", LOCAL_STACK)
        selected = select_stack(LOCAL_STACK, runtime.folder, endpoints, settings)
        with selected.interruptible():
            progress = run_engine(
                selected, console, "Destroying", lambda listen: selected.stack.destroy(on_event=listen)
            )
        report(f"Stack {LOCAL_STACK}: {progress.summary()}.")
    except (OperatorError, CommandError) as error:
        report(f"The engine could not destroy the stack, so it is removed without it:\n{error}")


def _remove_containers(runtime: Runtime) -> None:
    if docker_engine.is_running():
        remove_all(runtime.cloud)
        remove_images(runtime.ports.registry)
