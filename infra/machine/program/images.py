"""Images of a release, pulled by digest with the machine's own role."""

import base64
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .errors import MachineError
from .machine import Machine
from .release import Release
from .shell import attempt, run

PULL_SECONDS = 600


def pull(session: Any, machine: Machine, release: Release) -> None:
    """Every image of the release is on the machine afterwards. Raises MachineError with Docker's words."""
    missing = [image for image in release.images if attempt("docker", "image", "inspect", image).returncode != 0]
    if not missing:
        return
    environment = {"DOCKER_CONFIG": str(_login(session, machine, release.registry))}
    for image in missing:
        run(
            *("docker", "pull", "--quiet", image),
            what=f"CannotPullContainerError: {image}",
            environment=environment,
            timeout_seconds=PULL_SECONDS,
        )


def remove_unused() -> None:
    """Images no container uses go; layers of the running ones stay."""
    attempt("docker", "image", "prune", "--all", "--force", timeout_seconds=PULL_SECONDS)


def _login(session: Any, machine: Machine, registry: str) -> Path:
    """Folder, in memory, of the credentials for the registry; ECR's token lives for 12 hours."""
    try:
        (data,) = session.client("ecr").get_authorization_token()["authorizationData"]
    except (BotoCoreError, ClientError) as error:
        raise MachineError(f"CannotPullContainerError: the registry gives no token: {error}") from None
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    folder = machine.memory / "docker"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    run(
        *("docker", "login", "--username", user, "--password-stdin", registry),
        what=f"CannotPullContainerError: the login to {registry}",
        stdin=password,
        environment={"DOCKER_CONFIG": str(folder)},
    )
    return folder
