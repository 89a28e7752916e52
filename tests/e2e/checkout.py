"""A copy of the project with an embedded cloud of its own, driven by the commands that people type."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx

from local import daemon, site
from local.runtime import PORT_VARIABLES, Runtime

UP_SECONDS = 900
Completed = subprocess.CompletedProcess[str]


@dataclass
class Checkout:
    """One copy of the project and its cloud."""

    runtime: Runtime
    folder: Path
    time_factor: float = 1.0
    """How many times faster than on AWS the waiting periods of its cloud pass."""
    printed: list[str] = field(default_factory=list)
    """Output of all commands, searched for secrets."""
    _exports: dict[str, str] = field(default_factory=dict)
    """Output of `env`, by the content of daemon.json."""

    def run(self, *words: str) -> Completed:
        """Run `python -m local ...` to its end."""
        return self._run([sys.executable, "-m", "local", *words])

    def up(self) -> Completed:
        """Run `up`; the caller looks at the exit code."""
        return self.run("up")

    def deployed(self) -> "Checkout":
        """Run the first `up` if there was none; returns itself."""
        if not (self.runtime.folder / "daemon.json").exists():
            result = self.up()
            assert result.returncode == 0, result.stderr
        return self

    def start_up(self) -> "subprocess.Popen[str]":
        """Start `up` in the background, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "local", "up"],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def up_with(self, act: Callable[[], None], when: str) -> Completed:
        """Run `up`, and call `act` once, as soon as `up` has printed the text `when`."""
        printed = ""
        with self.start_up() as process:
            assert process.stderr is not None
            try:
                for line in process.stderr:
                    if when in line and when not in printed:
                        act()
                    printed += line
            except BaseException:
                # Without a reader the process blocks on a full pipe, and leaving the block waits for the process.
                kill(process)
                raise
        self.printed.append(printed)
        return subprocess.CompletedProcess(process.args, process.returncode, "", printed)

    def shell(self, script: str) -> Completed:
        """Run a script after `eval "$(make -s env)"`, as the README describes."""
        return self._run(self.script(script))

    def script(self, text: str) -> list[str]:
        """The command that runs a script as `shell` does."""
        # The lines are those of the running daemon: one command a daemon is enough.
        daemon_record = (self.runtime.folder / "daemon.json").read_text()
        if daemon_record not in self._exports:
            result = self.run("env")
            assert result.returncode == 0, result.stderr
            self._exports[daemon_record] = result.stdout
        return ["bash", "-c", f"set -e; {self._exports[daemon_record]}\n{text}"]

    def ops(self, *words: str) -> Completed:
        """Run `python -m ops ...` in the same environment."""
        return self.shell(f"{sys.executable} -m ops {shlex.join(words)}")

    def ops_json(self, *words: str) -> Any:
        """What a command of `ops` that succeeds prints with --json."""
        result = self.ops(*words, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def releases(self) -> list[dict[str, Any]]:
        """Releases on record, newest first."""
        found: list[dict[str, Any]] = self.ops_json("releases")
        return found

    def secret(self) -> dict[str, str]:
        """Values of the application's secret."""
        found = self.aws("secretsmanager").get_secret_value(SecretId=self.outputs()["secret_arn"])
        values: dict[str, str] = json.loads(found["SecretString"])
        return values

    def outputs(self) -> dict[str, Any]:
        """Outputs of the stack, from `pulumi stack output`."""
        result = self.shell("pulumi stack output --json")
        assert result.returncode == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def configure(self, *words: str) -> None:
        """Run `pulumi config set ...`, which writes into Pulumi.local.yaml."""
        result = self.shell(f"pulumi config set {shlex.join(words)}")
        assert result.returncode == 0, result.stderr

    def aws(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        endpoints = daemon.find(self.runtime)
        assert endpoints is not None
        values = endpoints.aws_environment()
        session: Any = boto3.session.Session(
            values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"], region_name=values["AWS_REGION"]
        )
        return session.client(service, endpoint_url=endpoints.api)

    def browser(self) -> httpx.Client:
        """A client that trusts the cloud's certificate authority, keeps cookies and follows redirects."""
        client = site.client(self.runtime)
        client.follow_redirects = True
        return client

    def environment(self) -> dict[str, str]:
        """The name, folder and ports of this cloud; no variable of pytest or of another stack."""
        ports = {variable: str(getattr(self.runtime.ports, name)) for name, variable in PORT_VARIABLES.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "PYTEST_"))}
        cloud = {"PREQLY_CLOUD": self.runtime.cloud, "PREQLY_LOCAL_DIR": str(self.runtime.folder)}
        return kept | ports | cloud | {"EMBEDDED_CLOUD_TIME_FACTOR": str(self.time_factor)}

    def _run(self, command: list[str]) -> Completed:
        result = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=UP_SECONDS,
        )
        self.printed += [result.stdout, result.stderr]
        return result


def kill(process: "subprocess.Popen[str]", engine: str = "pulumi") -> None:
    """Send SIGKILL to a command and to the engine that it started. The embedded cloud keeps running, as AWS would."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    children = [line.split() for line in listed.stdout.splitlines()]
    engines = [int(pid) for pid, name in children if name == engine]
    assert engines, f"no {engine} among {children}"
    for pid in (process.pid, *engines):
        os.kill(pid, signal.SIGKILL)
    process.wait()
