"""The Pulumi engine as a child process: Ctrl-C lets it finish its steps, and its failures become OperatorErrors."""

import os
import signal
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from pulumi.automation import CommandResult, OnOutput, PulumiCommand, Stack
from pulumi.automation.errors import CommandError, create_command_error
from pulumi.automation.events import EngineEvent
from rich.console import Console

from infra.problem import InputError
from local.progress import OnEvent, Progress
from local.runtime import OperatorError, UsageError


class EngineCommand(PulumiCommand):
    """Runs in its own process group, so that the terminal's Ctrl-C reaches the engine through `interrupt` alone.

    Windows has no such groups: the console sends Ctrl-C to both processes."""

    def __init__(self, binary: Path, version: Any) -> None:
        # The base class would start the engine to ask for a version that set-up has checked already.
        self.command = str(binary)
        self.version = version
        self.interrupted = False
        """Whether the operator asked to stop."""
        self.killed = False
        """Whether a signal ended the last run: a kill by hand, or a machine without free memory."""
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Run as the base class does; raises its CommandError."""
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        environment["PATH"] = os.pathsep.join([str(Path(self.command).parent), environment.get("PATH", "")])
        with subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            encoding="utf-8",
            start_new_session=True,
        ) as process:
            self._process = process
            stdout, stderr = _read_both((process.stdout, on_output), (process.stderr, on_error))
            code = process.wait()
            self._process = None
        self.killed = code < 0
        result = CommandResult(stdout=stdout, stderr=stderr, code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Signal handler: the engine ends after the steps in progress; a second signal ends it at once."""
        self.interrupted = True
        if self._process is None:
            raise KeyboardInterrupt
        if os.name == "posix":
            self._process.send_signal(signal.SIGINT)


def _read_both(*streams: tuple[Any, OnOutput | None]) -> list[str]:
    """The text of each stream, read at the same time so that neither pipe fills up."""
    texts: list[list[str]] = [[] for _ in streams]

    def read(stream: Any, callback: OnOutput | None, lines: list[str]) -> None:
        for line in iter(stream.readline, ""):
            lines.append(line.rstrip())
            if callback:
                callback(line.rstrip())

    readers = [
        threading.Thread(target=read, args=(stream, callback, lines))
        for (stream, callback), lines in zip(streams, texts, strict=True)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return ["\n".join(lines) for lines in texts]


@dataclass(frozen=True, kw_only=True)
class SelectedStack:
    """One stack, selected through the Automation API."""

    stack: Stack
    engine: EngineCommand
    folder: Path
    problems: list[InputError]
    """Settings that the program refused; filled while it runs."""

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Inside, Ctrl-C and SIGTERM let the engine finish its steps, save its state and release its lock."""
        before = {number: signal.signal(number, self.engine.interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run_engine(
    selected: SelectedStack, console: Console, title: str, operation: Callable[[OnEvent], object]
) -> Progress:
    """Run one operation of the engine with its progress on the console.

    Raises UsageError for refused settings, OperatorError for a failure, KeyboardInterrupt after Ctrl-C."""
    failures: list[Exception] = []
    with Progress(console, title) as progress, warnings.catch_warnings():
        # A killed engine also breaks its event stream; `_explain` reports the kill itself.
        warnings.filterwarnings("ignore", "Error in event stream", UserWarning)
        try:
            operation(_never_raising(progress.on_event, failures))
        except CommandError as error:
            raise _explain(selected, progress, error) from None
    for failure in failures:
        # A closed terminal is no failure of the deployment.
        if not isinstance(failure, OSError):
            raise failure
    return progress


def _never_raising(listen: OnEvent, failures: list[Exception]) -> OnEvent:
    """The engine waits for ever on a listener that has raised, so its exceptions are collected instead."""

    def listener(event: EngineEvent) -> None:
        try:
            listen(event)
        except Exception as error:  # noqa: BLE001 - any exception would block the engine
            failures.append(error)

    return listener


def _explain(selected: SelectedStack, progress: Progress, error: CommandError) -> BaseException:
    if selected.engine.interrupted:
        return KeyboardInterrupt()
    if selected.problems:
        return UsageError(str(selected.problems[0]))
    if selected.engine.killed:
        return OperatorError(
            "The Pulumi engine was killed during the operation: by hand, or because the machine ran out of memory. "
            "Run the same command again: it continues from there."
        )
    return OperatorError("\n\n".join(progress.errors) or str(error))
