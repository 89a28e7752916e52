"""compose's database and the application read the same user, password, port and name from one URL."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_hosting import service_urls
from local.runtime import ROOT

Login = tuple[str, str, int, str]


class StartDb:
    """`docker/bin/start-db healthy`, with a stand-in for pg_isready that prints how it would connect."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copy(ROOT / "docker/bin/start-db", folder)
        pg_isready = folder / "pg_isready"
        pg_isready.write_text('#!/bin/sh\nprintf "%s\\0" "$PGUSER" "$PGPASSWORD" "$PGPORT" "$3"\n')
        pg_isready.chmod(0o755)

    def run(self, secret: bytes) -> subprocess.CompletedProcess[str]:
        """Run it with this content of the secret."""
        (self._folder / "url").write_bytes(secret)
        environment = {"PATH": f"{self._folder}:{os.environ['PATH']}", "DATABASE_URL_FILE": str(self._folder / "url")}
        command = ["sh", str(self._folder / "start-db"), "healthy"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def login(self, url: str) -> Login | None:
        """How the database is set up; None when the URL is refused."""
        done = self.run(url.encode())
        if done.returncode:
            assert done.stdout == ""
            assert done.stderr.startswith("Secret database_url: cannot be read.")
            return None
        user, password, port, name, _ = done.stdout.split("\0")
        return user, password, int(port), name


@pytest.fixture(scope="module")
def start_db(tmp_path_factory: pytest.TempPathFactory) -> StartDb:
    return StartDb(tmp_path_factory.mktemp("start-db"))


def application(url: str) -> Login | None:
    """How the application connects; None when the URL is refused."""
    try:
        found = service_urls.database(url)
    except service_urls.UrlError:
        return None
    assert found.server is not None
    return found.server.user, found.server.password, found.server.port, found.name


# Each example runs a shell.
@settings(max_examples=8)
@given(password=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=30), port=st.integers(1, 65535))
def test_every_password_that_is_percent_encoded_is_the_same_on_both_sides(
    start_db: StartDb, password: str, port: int
) -> None:
    server = service_urls.Server("db", port, "preqly", password)
    url = service_urls.postgres_url(server, "preqly", {"sslmode": "disable"})
    assert start_db.login(url) == application(url) == ("preqly", password, port, "preqly")


@settings(max_examples=15)
@given(password=st.text("%240fFaz@:/#?&+\"'\\$` é", min_size=1, max_size=6))
def test_a_password_as_it_is_is_read_alike_or_refused(start_db: StartDb, password: str) -> None:
    url = f"postgres://preqly:{password}@db:5432/preqly"
    assert start_db.login(url) in (application(url), None)


@pytest.mark.parametrize(
    ("password", "wanted"),
    [
        ("a%40b", "a@b"),
        ("a%3ab", "a:b"),
        ("a:b", "a:b"),
        ("a%2Fb%23c%3Fd", "a/b#c?d"),
        ("50%25", "50%"),
        ("%5C%5c0101", "\\\\0101"),
        ("$(id)'%22%60", "$(id)'\"`"),
        ("%20a%20", " a "),
        ("-n", "-n"),
    ],
)
def test_a_password_is_decoded(start_db: StartDb, password: str, wanted: str) -> None:
    url = f"postgresql://films.1:{password}@db/2films"
    assert start_db.login(url) == application(url) == ("films.1", wanted, 5432, "2films")


@pytest.mark.parametrize("password", ["a@b", "a/b", "a#b", "a?b", "50%", "a%4", "a b", "é", "%C3%A9", "%0A", "%7F", ""])
def test_a_password_that_could_be_read_otherwise_is_refused_without_being_repeated(
    start_db: StartDb, password: str
) -> None:
    done = start_db.run(f"postgres://preqly:hunter2{password}@db:5432/preqly".encode() if password else b"")
    assert done.returncode == 1
    assert "/ is %2F" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n\n", b""])
def test_the_end_of_the_line_belongs_to_no_part(start_db: StartDb, end: bytes) -> None:
    url = b"postgres://preqly:secret@db:5432/preqly"
    assert start_db.run(url + end).stdout == "preqly\0secret\x005432\0preqly\0"


def test_a_second_line_is_refused(start_db: StartDb) -> None:
    url = "postgres://preqly:secret@db:5432/preqly"
    assert start_db.login(f"{url}\n{url}") is None
