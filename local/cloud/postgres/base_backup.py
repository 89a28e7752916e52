"""Copies of a running PostgreSQL as it stands at one moment: every database, every role."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from docker.models.containers import Container

from local.cloud.postgres import files

SNAPSHOT_FILE = "snapshot.tar.gz"
"""What start.sh makes the data directory of, when there is none yet."""

BACKUP_FOLDER = f"{files.FOLDER}/backup"


def save(container: Container, port: int, path: Path) -> None:
    """Copy the running server into `path`: the whole of it, or nothing. Raises RuntimeError with PostgreSQL's words."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    partial = path.with_suffix(".partial")
    _run(container, ["rm", "-rf", BACKUP_FOLDER])
    _run(
        container,
        [
            *("pg_basebackup", f"--pgdata={BACKUP_FOLDER}", "--format=tar", "--gzip", "--compress=1"),
            *("--wal-method=fetch", "--checkpoint=fast", "--no-manifest", "--no-sync"),
            *(f"--username={files.ADMINISTRATOR}", f"--host={files.FOLDER}", f"--port={port}"),
        ],
    )
    chunks, _ = container.get_archive(f"{BACKUP_FOLDER}/base.tar.gz")
    # The data of the site: for its owner alone.
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


def give(container: Container, path: Path) -> None:
    """Lay a saved copy into a container that was never started: its server begins with that data.

    Raises RuntimeError when the copy is gone.
    """
    if not path.exists():
        raise RuntimeError(f"the snapshot's copy {path.name} is gone; delete the instance and restore another one")
    with tempfile.TemporaryFile() as buffer:
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(path, f"{files.FOLDER.strip('/')}/{SNAPSHOT_FILE}")
        buffer.seek(0)
        container.put_archive("/", buffer)


def _run(container: Container, command: list[str]) -> None:
    code, output = container.exec_run(command, user="postgres", environment={"PATH": files.PROGRAM_PATH})
    if code != 0:
        raise RuntimeError(f"{command[0]} ended with exit code {code}: {output.decode(errors='replace').strip()}")
