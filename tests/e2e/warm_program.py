"""One command of the driver, in a process that is forked from one with the SDK's 700 modules already loaded."""

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

from local import project
from local.endpoints import Endpoints
from local.perform import perform
from local.runtime import OperatorError
from local.stack import STACK, Drive, interruptible, open_stack
from local.up import deploy

IMAGES = {"python": "python:3.13-slim", "nginx": "nginx:1.28"}


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to do, with which stack."""

    command: str
    """up, refresh or destroy."""
    folder: Path
    endpoints: Endpoints
    settings: dict[str, Any] = field(default_factory=dict)
    """Beside those of this machine."""
    parallel: int | None = None
    """Operations at a time; None leaves it to the engine."""
    file_bytes: int | None = None
    """How large a file may grow: a disk that is full, for the engine's state."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    succeeded: bool
    said: str
    """The summary, or what the operator is told."""
    changes: dict[str, int] = field(default_factory=dict)
    """Operations that ended, by name."""


def start(task: Task) -> tuple[Any, Connection]:
    """The process that performs the task, and where it answers with an `Ended`."""
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.e2e.warm_modules"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_perform, args=(task, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def engines_of(pid: int) -> list[int]:
    """The engines that a process has started."""
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [line.split() for line in listed.stdout.splitlines()]
    return [int(child) for child, name in children if name == "pulumi"]


def _perform(task: Task, answer: Connection) -> None:
    try:
        drive = open_stack(STACK, task.folder, task.endpoints, project.local_settings(IMAGES) | task.settings)
        if task.file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (task.file_bytes, task.file_bytes))
        progress = _COMMANDS[task.command](drive, Console(file=io.StringIO()), task.parallel)
        answer.send(Ended(succeeded=True, said=progress.summary(), changes=dict(progress.changes)))
    except OperatorError as error:
        answer.send(Ended(succeeded=False, said=str(error)))
    finally:
        answer.close()
        # The Automation API's threads would wait for ever for an engine that was killed.
        os._exit(0)


def _up(drive: Drive, console: Console, parallel: int | None) -> Any:
    drive.stack.up = functools.partial(drive.stack.up, parallel=parallel)  # type: ignore[method-assign]
    return deploy(drive, console)


def _refresh(drive: Drive, console: Console, parallel: int | None) -> Any:
    with interruptible(drive):
        return perform(drive, console, "", lambda listen: drive.stack.refresh(on_event=listen, parallel=parallel))


def _destroy(drive: Drive, console: Console, parallel: int | None) -> Any:
    with interruptible(drive):
        return perform(drive, console, "", lambda listen: drive.stack.destroy(on_event=listen, parallel=parallel))


_COMMANDS = {"up": _up, "refresh": _refresh, "destroy": _destroy}
