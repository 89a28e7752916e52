"""The site on one machine, from a copy of docker/compose.yaml with containers, secrets and ports of its own."""

import json
import os
import random
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.application.application import Application
from local.compose import CONTEXT, prepare
from tests.docker.site import ROOT, docker

Compose = Callable[..., str]
"""`compose(*arguments)` runs docker compose and returns the output; `stdin` and `stdout` name files."""


def free_ports() -> dict[str, str]:
    """Two ports below the range of outgoing connections, which takes ports at any time; tests/e2e has lower ones."""
    return dict(zip(("HTTP_PORT", "HTTPS_PORT"), map(str, random.sample(range(30000, 32000), k=2)), strict=True))


@contextmanager
def composed(
    folder: Path, application: Application, variables: Mapping[str, str], ports: Mapping[str, str]
) -> Iterator[Compose]:
    """Copy the platform's files, stage the application, make secrets; everything is removed at the end.

    `variables` are those of docs/compose.md, and base images by role in lower case.
    """
    shutil.copytree(ROOT / "docker", folder / "docker", ignore=shutil.ignore_patterns("secrets"))
    prepare(application, str(folder / CONTEXT))
    subprocess.run(["python3", folder / "docker/make_secrets.py"], check=True)
    checked = {name: {"healthcheck": {"interval": "1s"}} for name in ("db", "web", "proxy")}
    (folder / "quick.yaml").write_text(json.dumps({"services": checked}))
    project = f"preqly-compose-test-{uuid.uuid4().hex[:6]}"
    named = {name if name.isupper() else f"{name.upper()}_IMAGE": value for name, value in variables.items()}
    environment = {**os.environ, **named, **ports}
    files = [word for name in ("docker/compose.yaml", "quick.yaml") for word in ("--file", str(folder / name))]
    base = ["docker", "compose", "--project-name", project, *files]

    def run(*arguments: str, stdin: Path | None = None, stdout: Path | None = None) -> str:
        with (stdin or Path(os.devnull)).open("rb") as taken:
            done = subprocess.run([*base, *arguments], env=environment, stdin=taken, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        if stdout:
            stdout.write_bytes(done.stdout)
            return ""
        return done.stdout.decode()

    try:
        yield run
    finally:
        run("down", "--volumes", "--timeout", "5")
        docker("rmi", "--force", f"{project}/web", f"{project}/proxy")
