"""Getting on after what a restart cannot mend by itself."""

import json
import shutil

from local import daemon
from local.cloud.cleanup import remove_all
from local.endpoints import Endpoints
from local.runtime import Runtime
from local.setup.runner import say
from local.stack import STACK
from local.state import state_file

STACK_TYPE = "pulumi:pulumi:Stack"


def running_cloud(runtime: Runtime) -> Endpoints:
    """The embedded cloud, started if need be, with a state that matches Pulumi's. Raises as `daemon.ensure`."""
    crashed = daemon.record_file(runtime).exists() and daemon.find(runtime) is None
    if crashed and not _deployed_once(runtime):
        # What was being created when both stopped may exist without either of them knowing its name.
        say("The embedded cloud stopped in the middle of the first deployment: starting over, empty.")
        _forget(runtime)
    endpoints = daemon.ensure(runtime)
    if not any((runtime.folder / "cloud").glob("moto.snapshot.unreadable-*")):
        return endpoints
    # A newer moto or Python may not be able to read what an older one saved. The emulated account is empty then, while
    # Pulumi's state still names its resources: every later step would fail on the difference.
    say("What the embedded cloud had saved was written by another version and cannot be read: starting over, empty.")
    daemon.stop(runtime)
    _forget(runtime)
    return daemon.ensure(runtime)


def _deployed_once(runtime: Runtime) -> bool:
    """Whether an `up` ever came to its end: only then has the stack outputs."""
    path = state_file(runtime.folder, STACK)
    if not path.exists():
        return False
    latest = json.loads(path.read_text())["checkpoint"].get("latest") or {}
    return any(resource.get("outputs") for resource in latest.get("resources") or [] if resource["type"] == STACK_TYPE)


def _forget(runtime: Runtime) -> None:
    remove_all(runtime.cloud)
    for name in ("cloud", "state", "program"):
        shutil.rmtree(runtime.folder / name, ignore_errors=True)
