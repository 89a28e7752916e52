"""Commands of the driver in a process of their own, forked from one that has Pulumi's SDK loaded."""

import functools
import io
import multiprocessing
import os
import resource
import subprocess
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console

from embedded_cloud.endpoints import Endpoints
from local import project
from local.engine import SelectedStack, run_engine
from local.project import LOCAL_STACK
from local.runtime import OperatorError
from local.stack import select_stack
from local.up import deploy

IMAGES = {"python": "python:3.13-slim", "nginx": "nginx:1.28"}


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command and its stack."""

    name: str
    """up, refresh or destroy."""
    folder: Path
    endpoints: Endpoints
    settings: dict[str, Any] = field(default_factory=dict)
    """In addition to those of the local stack."""
    parallel: int | None = None
    """Operations at a time; None leaves it to the engine."""
    file_bytes: int | None = None
    """Largest file that the engine may write: simulates a full disk."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a command ended."""

    succeeded: bool
    printed: str
    """The summary, or the error message."""
    changes: dict[str, int] = field(default_factory=dict)
    """Number of finished operations, by name."""


def start(command: Command) -> tuple[Any, Connection]:
    """The process of the command, and the connection on which it sends its Outcome."""
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.recovery.preloaded"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_perform, args=(command, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def engines_of(pid: int) -> list[int]:
    """Ids of the engine processes that a process has started."""
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [line.split() for line in listed.stdout.splitlines()]
    return [int(child) for child, name in children if name == "pulumi"]


def _perform(command: Command, answer: Connection) -> None:
    try:
        settings = project.local_settings(IMAGES) | command.settings
        selected = select_stack(LOCAL_STACK, command.folder, command.endpoints, settings)
        if command.file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (command.file_bytes, command.file_bytes))
        progress = _COMMANDS[command.name](selected, Console(file=io.StringIO()), command.parallel)
        answer.send(Outcome(succeeded=True, printed=progress.summary(), changes=dict(progress.changes)))
    except OperatorError as error:
        answer.send(Outcome(succeeded=False, printed=str(error)))
    finally:
        answer.close()
        # Threads of the Automation API wait forever for a killed engine.
        os._exit(0)


def _up(selected: SelectedStack, console: Console, parallel: int | None) -> Any:
    selected.stack.up = functools.partial(selected.stack.up, parallel=parallel)  # type: ignore[method-assign]
    return deploy(selected, console)


def _refresh(selected: SelectedStack, console: Console, parallel: int | None) -> Any:
    return run_engine(selected, console, "", lambda listen: selected.stack.refresh(on_event=listen, parallel=parallel))


def _destroy(selected: SelectedStack, console: Console, parallel: int | None) -> Any:
    return run_engine(selected, console, "", lambda listen: selected.stack.destroy(on_event=listen, parallel=parallel))


_COMMANDS = {"up": _up, "refresh": _refresh, "destroy": _destroy}
