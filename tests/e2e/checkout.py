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
from local.hosting import FARGATE
from local.runtime import PORT_VARIABLES, Runtime

UP_SECONDS = 600


@dataclass
class Checkout:
    """One copy of the project and its cloud."""

    runtime: Runtime
    folder: Path
    hosting: str = FARGATE
    """What `up` asks for; another value moves the site."""
    said: list[str] = field(default_factory=list)
    """Everything that commands printed, for the search for secrets."""

    def run(self, *words: str, seconds: float = UP_SECONDS) -> subprocess.CompletedProcess[str]:
        """`python -m local ...` to its end."""
        result = subprocess.run(
            [sys.executable, "-m", "local", *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        self.said += [result.stdout, result.stderr]
        return result

    def up(self) -> subprocess.CompletedProcess[str]:
        """`up` to its end, however it ends."""
        return self.run(*self._up)

    def deployed(self) -> "Checkout":
        """Itself, with a stack that serves, whichever test asks for it first."""
        if not (self.runtime.folder / "daemon.json").exists():
            result = self.up()
            assert result.returncode == 0, result.stderr
        return self

    def start_up(self) -> "subprocess.Popen[str]":
        """`up` in the background, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "local", *self._up],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run_until(self, words: str, act: Callable[[], None]) -> subprocess.CompletedProcess[str]:
        """`up` to its end, with something done to the world as soon as it has said these words."""
        said = ""
        with self.start_up() as process:
            assert process.stderr is not None
            try:
                for line in process.stderr:
                    if words in line and words not in said:
                        act()
                    said += line
            except BaseException:
                # Nobody reads any more: it would wait for that, and this for it.
                kill(process)
                raise
        self.said.append(said)
        return subprocess.CompletedProcess(process.args, process.returncode, "", said)

    def shell(self, script: str, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        """A shell after `eval "$(make -s env)"`, as the README has it."""
        prepared = f'set -e; eval "$({sys.executable} -m local env)"; {script}'
        result = subprocess.run(
            ["bash", "-c", prepared],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        self.said += [result.stdout, result.stderr]
        return result

    def ops(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`python -m ops ...`, after the same."""
        return self.shell(f"{sys.executable} -m ops {shlex.join(words)}", seconds=UP_SECONDS)

    def releases(self) -> list[dict[str, Any]]:
        """The releases on record, newest first."""
        result = self.ops("releases", "--json")
        assert result.returncode == 0, result.stderr
        found: list[dict[str, Any]] = json.loads(result.stdout)
        return found

    def secret(self) -> dict[str, str]:
        """The application's secret."""
        found = self.aws("secretsmanager").get_secret_value(SecretId=self.outputs()["secret_arn"])
        values: dict[str, str] = json.loads(found["SecretString"])
        return values

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, as `pulumi stack output` gives them."""
        result = self.shell("pulumi stack output --json")
        assert result.returncode == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def aws(self, service: str) -> Any:
        """boto3 against this cloud."""
        endpoints = daemon.find(self.runtime)
        assert endpoints is not None
        values = endpoints.aws_environment()
        session: Any = boto3.session.Session(
            values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"], region_name=values["AWS_REGION"]
        )
        return session.client(service, endpoint_url=endpoints.api)

    def browser(self) -> httpx.Client:
        """Trusts the cloud's authority, keeps cookies, follows redirects."""
        client = site.client(self.runtime)
        client.follow_redirects = True
        return client

    def environment(self) -> dict[str, str]:
        """Own ports, own name; nothing of the test run's own stack."""
        ports = {variable: str(getattr(self.runtime.ports, name)) for name, variable in PORT_VARIABLES.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "PYTEST_"))}
        return kept | ports | {"PREQLY_CLOUD": self.runtime.cloud, "PREQLY_LOCAL_DIR": str(self.runtime.folder)}

    @property
    def _up(self) -> tuple[str, ...]:
        return ("up", "--hosting", self.hosting)


def kill(process: "subprocess.Popen[str]", engine: str = "pulumi") -> None:
    """Kill a command and the engine it started, as nobody can catch. The embedded cloud, like AWS, lives on."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    children = [line.split() for line in listed.stdout.splitlines()]
    engines = [int(pid) for pid, name in children if name == engine]
    assert engines, f"no {engine} among {children}"
    for pid in (process.pid, *engines):
        os.kill(pid, signal.SIGKILL)
    process.wait()
