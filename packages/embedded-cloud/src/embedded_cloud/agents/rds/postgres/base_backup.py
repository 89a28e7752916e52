"""Base backups of a running PostgreSQL: all databases and roles at one moment."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from docker.models.containers import Container

from embedded_cloud.agents.rds.postgres import configuration

SNAPSHOT_FILE = "snapshot.tar.gz"
"""File from which start.sh creates a missing data directory."""

BACKUP_FOLDER = f"{configuration.FOLDER}/backup"


def save(container: Container, port: int, path: Path) -> None:
    """Back up the running server to `path`, atomically. Raises RuntimeError with PostgreSQL's message."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    partial = path.with_suffix(".partial")
    _run(container, ["rm", "-rf", BACKUP_FOLDER])
    _run(
        container,
        [
            *("pg_basebackup", f"--pgdata={BACKUP_FOLDER}", "--format=tar", "--gzip", "--compress=1"),
            *("--wal-method=fetch", "--checkpoint=fast", "--no-manifest", "--no-sync"),
            *(f"--username={configuration.ADMINISTRATOR}", f"--host={configuration.FOLDER}", f"--port={port}"),
        ],
    )
    chunks, _ = container.get_archive(f"{BACKUP_FOLDER}/base.tar.gz")
    # The backup holds the application's data, so only its owner may read it.
    with (
        tempfile.TemporaryFile(dir=path.parent) as buffer,
        open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file,
    ):
        buffer.writelines(chunks)
        buffer.seek(0)
        with tarfile.open(fileobj=buffer) as archive:
            found = archive.extractfile("base.tar.gz")
            if found is None:
                raise RuntimeError("pg_basebackup wrote no base.tar.gz")
            shutil.copyfileobj(found, file)
    _run(container, ["rm", "-rf", BACKUP_FOLDER])
    partial.replace(path)


def restore(container: Container, path: Path) -> None:
    """Put a backup into a container that was never started, as the data of its server.

    Raises RuntimeError when the backup is missing.
    """
    if not path.exists():
        raise RuntimeError(
            f"the snapshot's copy {path.name} is missing; delete the instance and restore another snapshot"
        )
    with tempfile.TemporaryFile() as buffer:
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(path, f"{configuration.FOLDER.strip('/')}/{SNAPSHOT_FILE}")
        buffer.seek(0)
        container.put_archive("/", buffer)


def _run(container: Container, command: list[str]) -> None:
    code, output = container.exec_run(command, user="postgres", environment={"PATH": configuration.PROGRAM_PATH})
    if code != 0:
        raise RuntimeError(f"{command[0]} ended with exit code {code}: {output.decode(errors='replace').strip()}")
