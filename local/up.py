"""`make up`: from nothing to a site that answers."""

import argparse
import shutil

from rich.console import Console

from embedded_cloud.containers.cleanup import remove_all
from embedded_cloud.endpoints import Endpoints
from local import application_choice, daemon, project, site, status, vpc
from local.engine import SelectedStack, run_engine
from local.progress import Progress
from local.project import LOCAL_STACK
from local.runtime import Runtime
from local.setup import base_images
from local.setup.steps import report
from local.stack import select_stack
from local.state import deployed_once, pending_operations


def up(options: argparse.Namespace, runtime: Runtime) -> int:
    """Deploy and print where to look. Raises OperatorError with what failed."""
    console = Console(stderr=True)
    application = application_choice.find(options.application, runtime)
    application_choice.refuse_another(application, runtime)
    images = base_images.choose(runtime, report, application_choice.roles(application))
    report(status.what_is_emulated(images))
    endpoints = running_cloud(runtime)
    settings = project.local_settings(images) | application_choice.settings(application, images) | vpc.setting(runtime)
    selected = select_stack(LOCAL_STACK, runtime.folder, endpoints, settings)
    progress = deploy(selected, console)
    console.print(f"Stack {LOCAL_STACK}: {progress.summary()}.", highlight=False)
    site.wait_until_it_answers(runtime)
    status.print_addresses(runtime, console)
    return 0


def running_cloud(runtime: Runtime) -> Endpoints:
    """Start the embedded cloud if needed, and make sure that its state matches Pulumi's. Raises as `daemon.ensure`."""
    crashed = daemon.record_file(runtime).exists() and daemon.find(runtime) is None
    if crashed and not deployed_once(runtime.folder, LOCAL_STACK):
        # Resources in creation when both processes stopped may exist without a record of their names.
        report("The embedded cloud stopped during the first deployment: starting over, empty.")
        _remove_state(runtime)
    endpoints = daemon.ensure(runtime)
    if not any((runtime.folder / "cloud").glob("moto.snapshot.unreadable-*")):
        return endpoints
    # The account is empty then, while Pulumi's state names its resources: every later step would fail.
    report("The embedded cloud's snapshot was written by another version and cannot be read: starting over, empty.")
    daemon.stop(runtime)
    _remove_state(runtime)
    return daemon.ensure(runtime)


def _remove_state(runtime: Runtime) -> None:
    remove_all(runtime.cloud)
    for name in ("cloud", "state", "program"):
        shutil.rmtree(runtime.folder / name, ignore_errors=True)


def deploy(selected: SelectedStack, console: Console) -> Progress:
    """Run `pulumi up`, after a refresh if a killed run left pending operations. Raises as `run_engine`."""
    stack = selected.stack
    with selected.interruptible():
        pending = pending_operations(selected.folder, stack.name)
        if pending:
            # Pending creates are created again; the providers make that safe.
            report(f"The last run was cut off during {len(pending)} operations. Reading what exists.")
            run_engine(
                selected, console, "Reading", lambda listen: stack.refresh(on_event=listen, clear_pending_creates=True)
            )
        return run_engine(selected, console, "Deploying", lambda listen: stack.up(on_event=listen))
