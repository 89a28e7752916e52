"""Secrets as files in memory, each readable by the containers' user alone."""

import json
import os
import shutil
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .errors import MachineError
from .release import Release

USER = 10001
"""The containers' user and group (infra/task_definition.py)."""
OWNER_KEY = "OWNER_DATABASE_URL"
"""Key of the value that is read as it is now, whatever version a release names (infra/workload.py)."""


def read(session: Any, release: Release) -> Mapping[str, str]:
    """The release's version of the application's secret, with the owner of the database as it is now.

    Raises MachineError, never with a value in it.
    """
    wanted = {key for keys in release.secrets.values() for key in keys.values()}
    document = _document(session, release, release.secret_version, wanted - {OWNER_KEY})
    if OWNER_KEY not in wanted:
        return document
    # Once a rotation has begun no other password opens the database, also when the rotation has failed.
    return {**document, OWNER_KEY: _document(session, release, "", {OWNER_KEY})[OWNER_KEY]}


def _document(session: Any, release: Release, version: str, wanted: Set[str]) -> Mapping[str, str]:
    where = f"ResourceInitializationError: secret {release.secret_arn}, version {version or 'AWSCURRENT'}"
    named = {"VersionId": version} if version else {}
    try:
        answer = session.client("secretsmanager").get_secret_value(SecretId=release.secret_arn, **named)
    except (BotoCoreError, ClientError) as error:
        raise MachineError(f"{where}: {error}") from None
    document: Mapping[str, str] = json.loads(answer["SecretString"])
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
