"""PostgreSQL's own programs: those of the operator's machine, else those of the official image in Docker."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ops.errors import OpsError

PROGRAMS = ("pg_dump", "pg_restore", "psql")
FOLDERS = ("/usr/lib/postgresql/{}/bin", "/opt/homebrew/opt/postgresql@{}/bin", "/usr/local/opt/postgresql@{}/bin")
"""Where Debian and Homebrew keep versions side by side."""
IMAGE_VARIABLE = "POSTGRES_IMAGE"
"""Environment variable with another image than `postgres:<version>`, such as that of the company's registry."""

ANSWER_SECONDS = 60
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""The first message of a connection; the answer S says that the server has TLS."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """A connection, usually through a tunnel."""

    port: int
    role: str
    database: str
    password: str = field(repr=False)
    host: str = ""
    """Empty for this machine, where a tunnel begins."""

    def variables(self, this_machine: str) -> dict[str, str]:
        """Variables that libpq reads. The certificate has the server's own name, so only TLS itself is demanded."""
        return {
            "PGHOST": self.host or this_machine,
            "PGPORT": str(self.port),
            "PGUSER": self.role,
            "PGDATABASE": self.database,
            "PGPASSWORD": self.password,
            "PGSSLMODE": "require",
            "PGCONNECT_TIMEOUT": "30",
        }


def wait_for_server(port: int) -> None:
    """Wait until PostgreSQL answers behind a port of this machine: a tunnel takes connections before its far end does.

    Raises OpsError after ANSWER_SECONDS. postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(SSL_REQUEST)
            if connection.recv(1) == b"S":
                return
        time.sleep(1)
    raise OpsError(f"The tunnel is open, but the database did not answer through it within {ANSWER_SECONDS} s.")


@dataclass(frozen=True, kw_only=True)
class PostgresClient:
    """pg_dump, pg_restore and psql. A file that they read or write is their standard input or output."""

    folder: str = ""
    """Of the programs; empty runs them in a container of `image`."""
    image: str = ""

    @classmethod
    def find(cls, version: int) -> "PostgresClient":
        """The programs for a server of this major version. Raises OpsError with what is missing and how to get it."""
        for folder in _folders(version):
            if all((folder / one).exists() for one in PROGRAMS) and _version(folder / "pg_dump") >= version:
                return cls(folder=str(folder))
        if shutil.which("docker"):
            return cls(image=os.environ.get(IMAGE_VARIABLE, f"postgres:{version}"))
        raise OpsError(
            f"pg_dump, pg_restore and psql of PostgreSQL {version} or newer are missing. Install them (Debian: "
            f"`apt install postgresql-client-{version}` from apt.postgresql.org, macOS: `brew install "
            f"postgresql@{version}`), or Docker, which runs them from the image postgres:{version}."
        )

    def run(self, *words: str, login: Login | None, stdin: IO[Any] | None = None, stdout: IO[Any] | None = None) -> str:
        """Run a program and return what it prints, unless it goes to `stdout`. Raises OpsError with its message."""
        ended = subprocess.run(
            self._command(words, login),
            env=os.environ | (login.variables(self._this_machine) if login else {}),
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        if ended.returncode != 0:
            message = ended.stderr.decode(errors="replace").strip().splitlines()
            raise OpsError("\n".join([f"{words[0]} failed with exit code {ended.returncode}:", *message[-10:]]))
        return "" if stdout else str(ended.stdout.decode())

    @property
    def _this_machine(self) -> str:
        # Docker Desktop runs containers in a virtual machine, which reaches this machine under a name of its own.
        return "host.docker.internal" if self.image and sys.platform != "linux" else "127.0.0.1"

    def _command(self, words: tuple[str, ...], login: Login | None) -> list[str]:
        if not self.image:
            return [str(Path(self.folder, words[0])), *words[1:]]
        # Docker takes the values from its own environment: they are in no list of processes.
        variables: Mapping[str, str] = login.variables(self._this_machine) if login else {}
        names = [word for name in variables for word in ("--env", name)]
        network = ["--network", "host"] if sys.platform == "linux" else []
        options = ["--rm", "--interactive", "--init", *network, *names, "--entrypoint", words[0]]
        return ["docker", "run", *options, self.image, *words[1:]]


def _folders(version: int) -> Iterator[Path]:
    if found := shutil.which("pg_dump"):
        yield Path(found).parent
    yield from (Path(folder.format(version)) for folder in FOLDERS)


def _version(program: Path) -> int:
    """The major version in `pg_dump (PostgreSQL) 17.6 (Debian ...)`; 0 when the program does not say."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.split()
    number = told[2].partition(".")[0] if len(told) > 2 else ""
    return int(number) if number.isdigit() else 0
