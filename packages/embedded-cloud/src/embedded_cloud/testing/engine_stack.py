"""A stack of the real Pulumi engine on the embedded API, without containers, for tests."""

import gc
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import pytest
from pulumi import automation
from pulumi.runtime._callbacks import _CallbackServicer
from semver import VersionInfo

from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import REGION, CloudConfig
from embedded_cloud.providers import serve

ENGINE = shutil.which(os.environ.get("EMBEDDED_CLOUD_PULUMI", "pulumi"))
"""Path of the `pulumi` command: the one on PATH unless the environment variable names another."""

engine_marks = [
    pytest.mark.engine,
    pytest.mark.skipif(ENGINE is None, reason="no pulumi on PATH and none in EMBEDDED_CLOUD_PULUMI"),
]
"""For the `pytestmark` of a module that runs the engine and its programs in processes of their own."""

needs_engine = [
    *engine_marks,
    # Pulumi's SDK leaves the event loop and the coroutine of a refused program to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""For the `pytestmark` of a module that runs programs in the test's process."""


@dataclass(frozen=True)
class EngineStack:
    """One stack and the embedded cloud that it is deployed to."""

    stack: automation.Stack
    endpoint: str

    def client(self, service: str) -> Any:
        """boto3 client of the account that the stack is deployed to."""
        make: Any = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test").client
        return make(service, region_name=REGION, endpoint_url=self.endpoint)

    def up(self, program: Callable[[], None]) -> tuple[list[str], dict[str, int]]:
        """Deploy; return the steps in the order in which they ended, and the number of resources per operation."""
        self.stack.workspace.program = _afresh(program)
        steps: list[str] = []

        def record(event: automation.EngineEvent) -> None:
            if event.res_outputs_event:
                metadata = event.res_outputs_event.metadata
                steps.append(f"{metadata.op.value} {metadata.urn.rsplit('::', 1)[-1]}")

        return steps, counted(self.stack.up(on_event=record))

    def refused(self, operation: str, program: Callable[[], None] | None = None) -> str:
        """Run an operation that has to fail; return what the command prints."""
        if program is not None:
            self.stack.workspace.program = _afresh(program)
        with pytest.raises(automation.CommandError) as error:
            getattr(self.stack, operation)()
        return str(error.value)

    def resources(self) -> list[dict[str, Any]]:
        return list((self.stack.export_stack().deployment or {}).get("resources", []))

    def pulumi(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the command as an operator types it; unlike the Automation API, it previews first."""
        return subprocess.run(
            [_engine(), *words, "--stack", self.stack.name, "--non-interactive"],
            cwd=self.stack.workspace.work_dir,
            env={**os.environ, **self.stack.workspace.env_vars},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


class _Engine(automation.PulumiCommand):
    """A `pulumi` at any path; the base class takes one from PATH or from a folder named `bin`."""

    def __init__(self, command: str) -> None:
        self.command = command
        # The Automation API reads features from it. Engine and SDK have the same version.
        self.version = VersionInfo.parse(version("pulumi"))


def _engine() -> str:
    assert ENGINE is not None, "the test needs the mark `needs_engine`"
    return ENGINE


def _afresh(program: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        # A refused program leaves its server of hooks behind, with an event loop that has ended.
        _CallbackServicer._servicers.clear()
        program()

    return run


def _forget_programs() -> None:
    """Collect the leftovers of refused programs here, not in the middle of a later test."""
    _CallbackServicer._servicers.clear()
    gc.collect()


def counted(result: automation.UpResult | automation.RefreshResult) -> dict[str, int]:
    return {str(operation): count for operation, count in (result.summary.resource_changes or {}).items()}


@contextmanager
def engine_stack(folder: Path, project: str) -> Iterator[EngineStack]:
    """Yield a stack named `test`; its state, settings and cloud live in `folder` and end with the block."""
    with ExitStack() as running:
        running.callback(_forget_programs)
        cloud = EmbeddedCloud(CloudConfig(state_dir=folder / "cloud", api_port=0), agents=False)
        cloud.start()
        running.callback(cloud.stop)
        servers = {package: serve(package, cloud.endpoint) for package in ("aws", "random")}
        for server in servers.values():
            running.callback(server.stop)
        (folder / "program").mkdir()
        options = automation.LocalWorkspaceOptions(
            work_dir=str(folder / "program"),
            pulumi_command=_Engine(_engine()),
            env_vars={
                "PULUMI_BACKEND_URL": folder.as_uri(),
                "PULUMI_HOME": str(folder / "home"),
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{server.port}" for name, server in servers.items()),
            },
        )
        stack = automation.create_stack("test", project_name=project, program=lambda: None, opts=options)
        stack.set_config("aws:region", automation.ConfigValue(REGION))
        yield EngineStack(stack, cloud.endpoint)
