"""A stack of the real engine, with its own state, on the embedded cloud's API without containers."""

import gc
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from pulumi import automation
from pulumi.runtime._callbacks import _CallbackServicer
from semver import VersionInfo

from local.cloud.config import CloudConfig
from local.cloud.server import EmbeddedCloud
from local.engine_command import EngineCommand
from local.provider import serve
from local.setup.pulumi_engine import find_engine, sdk_version

ENGINE = find_engine()
engine_marks = [
    pytest.mark.engine,
    pytest.mark.skipif(ENGINE is None, reason="no Pulumi engine on this machine; `make up` gets one"),
]
"""For the `pytestmark` of a module that runs the engine and its programs in processes of their own."""
needs_engine = [
    *engine_marks,
    # Pulumi's SDK leaves the event loop and the coroutine of a program that was refused to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""For the `pytestmark` of a module that runs programs in its own process."""


@dataclass(frozen=True)
class EngineStack:
    """One stack, and the cloud it is deployed to."""

    stack: automation.Stack
    endpoint: str

    def client(self, service: str) -> Any:
        """What AWS's tools would see of the stack."""
        make: Any = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test").client
        return make(service, region_name="us-east-1", endpoint_url=self.endpoint)

    def up(self, program: Callable[[], None]) -> tuple[list[str], dict[str, int]]:
        """(steps in the order they ended, counts by operation)."""
        self.stack.workspace.program = _afresh(program)
        done: list[str] = []

        def record(event: automation.EngineEvent) -> None:
            if event.res_outputs_event:
                metadata = event.res_outputs_event.metadata
                done.append(f"{metadata.op.value} {metadata.urn.rsplit('::', 1)[-1]}")

        return done, counted(self.stack.up(on_event=record))

    def refused(self, operation: str, program: Callable[[], None] | None = None) -> str:
        """What the command prints when it ends with an error, as it must."""
        if program is not None:
            self.stack.workspace.program = _afresh(program)
        with pytest.raises(automation.CommandError) as error:
            getattr(self.stack, operation)()
        return str(error.value)

    def resources(self) -> list[dict[str, Any]]:
        """What the state holds."""
        return list((self.stack.export_stack().deployment or {}).get("resources", []))

    def pulumi(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """The command as an operator types it; unlike the Automation API, it previews first."""
        assert ENGINE is not None
        return subprocess.run(
            [ENGINE, *words, "--stack", self.stack.name, "--non-interactive"],
            cwd=self.stack.workspace.work_dir,
            env={**os.environ, **self.stack.workspace.env_vars},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def _afresh(program: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        # A program that was refused leaves its server of hooks behind, whose event loop has ended with it.
        _CallbackServicer._servicers.clear()
        program()

    return run


def _forget_programs() -> None:
    """Here, and not in whichever test the collector comes by next."""
    _CallbackServicer._servicers.clear()
    gc.collect()


def counted(result: automation.UpResult | automation.RefreshResult) -> dict[str, int]:
    """Resources per operation."""
    return {str(operation): count for operation, count in (result.summary.resource_changes or {}).items()}


@contextmanager
def engine_stack(folder: Path, project: str) -> Iterator[EngineStack]:
    """A stack named `test` whose state, settings and cloud live in the folder, and end with the block."""
    assert ENGINE is not None
    with ExitStack() as running:
        running.callback(_forget_programs)
        cloud = EmbeddedCloud(CloudConfig(state_dir=folder / "cloud", api_port=0), agents=False)
        cloud.start()
        running.callback(cloud.stop)
        servers = {package: serve(package, cloud.endpoint) for package in ("aws", "random")}
        for server in servers.values():
            running.callback(server.stop)
        (folder / "program").mkdir()
        settings = automation.LocalWorkspaceOptions(
            work_dir=str(folder / "program"),
            pulumi_command=EngineCommand(ENGINE, VersionInfo.parse(sdk_version())),
            env_vars={
                "PULUMI_BACKEND_URL": folder.as_uri(),
                "PULUMI_HOME": str(folder / "home"),
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{server.port}" for name, server in servers.items()),
            },
        )
        made = automation.create_stack("test", project_name=project, program=lambda: None, opts=settings)
        made.set_config("aws:region", automation.ConfigValue("us-east-1"))
        yield EngineStack(made, cloud.endpoint)
