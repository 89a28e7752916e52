"""Secrets as files in memory, each readable by the containers' user alone."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .errors import MachineError
from .release import Release

USER = 10001
"""The containers' user and group (infra/task_definition.py)."""


def read(session: Any, release: Release) -> Mapping[str, str]:
    """The release's version of the application's secret. Raises MachineError, never with a value in it."""
    where = f"ResourceInitializationError: secret {release.secret_arn}, version {release.secret_version}"
    try:
        answer = session.client("secretsmanager").get_secret_value(
            SecretId=release.secret_arn, VersionId=release.secret_version
        )
    except (BotoCoreError, ClientError) as error:
        raise MachineError(f"{where}: {error}") from None
    document: Mapping[str, str] = json.loads(answer["SecretString"])
    wanted = {key for keys in release.secrets.values() for key in keys.values()}
    if missing := sorted(wanted - set(document)):
        raise MachineError(f"{where}: it has no key {', '.join(missing)}")
    return document


def write(release: Release, document: Mapping[str, str], folder: Path, owner: int | None = USER) -> None:
    """One folder per container, one file per variable, in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    for container, keys in release.secrets.items():
        own = folder / container
        # Searchable, not readable: Docker mounts each container's folder alone.
        own.mkdir(parents=True, mode=0o711)
        for variable, key in keys.items():
            put(own / variable, document[key], owner)


def put(path: Path, text: str, owner: int | None = USER) -> None:
    """Write one file that only `owner` reads; a reader sees the old one or the new one, never half of it."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if owner is not None:
        os.chown(fresh, owner, owner)
    fresh.replace(path)
