"""Where pg_dump, pg_restore and psql come from, and what a process list shows of them."""

import socket
import threading
import time
from pathlib import Path

import pytest

from ops.backup import postgres_client
from ops.backup.postgres_client import PROGRAMS, Login, PostgresClient
from ops.errors import OpsError

LOGIN = Login(port=15000, role="site", database="site", password="owner-Password1")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs of version 16 on PATH, which print what they get; nothing else is installed."""
    for name in PROGRAMS:
        program = tmp_path / name
        program.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "x (PostgreSQL) 16.4 (Debian)" || /usr/bin/env\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("POSTGRES_IMAGE", raising=False)
    monkeypatch.setattr(postgres_client, "FOLDERS", ())
    return tmp_path


def add_docker(folder: Path) -> None:
    """A `docker` that prints its command line and its environment."""
    (folder / "docker").write_text('#!/bin/sh\necho "$@"; /usr/bin/env\n')
    (folder / "docker").chmod(0o755)


def test_the_machines_own_programs_are_used_when_they_are_new_enough(programs: Path) -> None:
    add_docker(programs)
    assert PostgresClient.find(16) == PostgresClient(folder=str(programs))
    told = PostgresClient.find(16).run("psql", login=LOGIN)
    assert "PGPASSWORD=owner-Password1" in told
    assert "PGHOST=127.0.0.1" in told


def test_older_programs_give_way_to_the_servers_image_and_the_password_is_on_no_command_line(programs: Path) -> None:
    add_docker(programs)
    command, *environment = PostgresClient.find(17).run("pg_dump", "--format=custom", login=LOGIN).splitlines()
    assert command.endswith("--entrypoint pg_dump postgres:17 --format=custom")
    assert "--env PGPASSWORD" in command
    assert "owner-Password1" not in command
    assert "PGPASSWORD=owner-Password1" in environment


def test_another_image_may_be_named(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_docker(programs)
    monkeypatch.setenv("POSTGRES_IMAGE", "registry.example.com/postgres:17")
    assert PostgresClient.find(17).image == "registry.example.com/postgres:17"


def test_what_is_missing_is_said_with_how_to_get_it(programs: Path) -> None:
    with pytest.raises(OpsError, match=r"(?s)PostgreSQL 17 or newer are missing. .*postgresql-client-17.*Docker"):
        PostgresClient.find(17)


def test_a_failure_has_the_programs_own_message(programs: Path) -> None:
    (programs / "psql").write_text("#!/bin/sh\necho 'no such table' >&2; exit 3\n")
    with pytest.raises(OpsError, match=r"psql failed with exit code 3:\nno such table") as failure:
        PostgresClient(folder=str(programs)).run("psql", login=LOGIN)
    assert "owner-Password1" not in str(failure.value)


def test_a_tunnel_whose_far_end_is_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            listener.accept()[0].close()
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"S" if connection.recv(8) == postgres_client.SSL_REQUEST else b"?")

        server = threading.Thread(target=serve)
        server.start()
        postgres_client.wait_for_server(listener.getsockname()[1])
        server.join()


def test_a_tunnel_without_a_database_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_client, "ANSWER_SECONDS", 0)
    with pytest.raises(OpsError, match="the database did not answer through it"):
        postgres_client.wait_for_server(1)
