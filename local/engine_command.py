"""The engine as a child process that Ctrl-C asks to finish what it has begun, instead of killing it."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error


class EngineCommand(PulumiCommand):
    """Runs in its own process group, so that the terminal's Ctrl-C reaches it through `interrupt` alone.

    On Windows, where groups work otherwise, the console itself tells both."""

    def __init__(self, binary: Path, version: Any) -> None:
        # The base class starts the engine once more to ask for a version that set-up has checked already.
        self.command = str(binary)
        self.version = version
        self.interrupted = False
        """Whether the operator asked to stop."""
        self.killed = False
        """Whether the last run was ended by a signal: by hand, or because the machine ran out of memory."""
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """As the base class; raises its CommandError."""
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        environment["PATH"] = os.pathsep.join([str(Path(self.command).parent), environment.get("PATH", "")])
        chunks: tuple[list[str], list[str]] = ([], [])
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
            readers = [
                threading.Thread(target=_read, args=(stream, callback, kept))
                for stream, callback, kept in (
                    (process.stdout, on_output, chunks[0]),
                    (process.stderr, on_error, chunks[1]),
                )
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            code = process.wait()
            self._process = None
        self.killed = code < 0
        result = CommandResult(stdout="\n".join(chunks[0]), stderr="\n".join(chunks[1]), code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Signal handler: the engine ends after the steps in progress; the second time at once."""
        self.interrupted = True
        if self._process is None:
            raise KeyboardInterrupt
        if os.name == "posix":
            self._process.send_signal(signal.SIGINT)


def _read(stream: Any, callback: OnOutput | None, kept: list[str]) -> None:
    for line in iter(stream.readline, ""):
        kept.append(line.rstrip())
        if callback:
            callback(line.rstrip())
