"""Getting on after what a restart cannot mend by itself."""

import shutil

from local import daemon
from local.cloud.cleanup import remove_all
from local.endpoints import Endpoints
from local.runtime import Runtime
from local.setup.runner import say


def running_cloud(runtime: Runtime) -> Endpoints:
    """The embedded cloud, started if need be, with a state that matches what Pulumi knows. Raises as `daemon.ensure`.

    A newer moto or Python may not be able to read what an older one saved. The emulated account is empty then, while
    Pulumi's state still names its resources: both are dropped, for every later step would fail on the difference."""
    endpoints = daemon.ensure(runtime)
    if not any((runtime.folder / "cloud").glob("moto.snapshot.unreadable-*")):
        return endpoints
    say("What the embedded cloud had saved was written by another version and cannot be read: starting over, empty.")
    daemon.stop(runtime)
    remove_all(runtime.cloud)
    for name in ("cloud", "state", "program"):
        shutil.rmtree(runtime.folder / name, ignore_errors=True)
    return daemon.ensure(runtime)
