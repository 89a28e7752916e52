"""Credentials of the application's role, as an SDK in a container asks for them."""

import http.client
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program.credentials import PATH, Credentials, preparation_path, serve, serving_path
from infra.machine.program.machine import Machine

ROLE = "arn:aws:iam::123456789012:role/application"
HIDDEN = f"{PATH}/not-to-be-guessed"


class Session:
    """STS whose credentials live as long as a test says."""

    def __init__(self, life: timedelta) -> None:
        self.life, self.asked = life, 0

    def client(self, _: str) -> "Session":
        return self

    def assume_role(self, **asked: Any) -> dict[str, Any]:
        assert asked["RoleArn"] == ROLE
        self.asked += 1
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{self.asked}",
                "SecretAccessKey": "s",
                "SessionToken": "t",
                "Expiration": datetime.now(UTC) + self.life,
            }
        }


def test_credentials_are_kept_until_shortly_before_they_end() -> None:
    session = Session(timedelta(hours=1))
    credentials = Credentials(session, ROLE)
    assert credentials.current() == credentials.current()
    assert session.asked == 1


def test_credentials_that_end_soon_are_replaced() -> None:
    session = Session(timedelta(minutes=5))
    credentials = Credentials(session, ROLE)
    assert credentials.current() != credentials.current()


@pytest.fixture
def port() -> Iterator[int]:
    server = serve({HIDDEN: Credentials(Session(timedelta(hours=1)), ROLE)}, "127.0.0.1", 0)
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def ask(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_the_endpoint_speaks_as_ecs_does(port: int) -> None:
    status, body = ask(port, HIDDEN)
    assert status == 200
    assert {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"} == set(json.loads(body))


def test_there_is_nothing_else_at_the_endpoint(port: int) -> None:
    assert ask(port, "/")[0] == 404


def test_there_is_nothing_where_one_would_guess(port: int) -> None:
    assert ask(port, PATH)[0] == ask(port, f"{PATH}/")[0] == 404


@pytest.mark.parametrize("path_of", [serving_path, preparation_path])
def test_a_role_is_at_a_path_that_cannot_be_guessed_and_stays_there(
    port: int, tmp_path: Path, path_of: Callable[[Machine], str]
) -> None:
    here = [Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path / name) for name in "ab"]
    found = path_of(here[0])
    assert found == path_of(here[0]) != path_of(here[1])
    assert len(found.removeprefix(f"{PATH}/")) > 40
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "a").iterdir())
    assert ask(port, found)[0] == 404


def test_what_serves_is_not_told_where_the_role_that_publishes_is(tmp_path: Path) -> None:
    here = Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path)
    assert serving_path(here) != preparation_path(here)
