"""Credentials of the application's role, as an SDK in a container asks for them."""

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program.credentials import PATH, Credentials, preparation_path, serve
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
    both = {path: Credentials(Session(timedelta(hours=1)), ROLE) for path in (PATH, HIDDEN)}
    server = serve(both, "127.0.0.1", 0)
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
    status, body = ask(port, PATH)
    assert status == 200
    assert {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"} == set(json.loads(body))


def test_there_is_nothing_else_at_the_endpoint(port: int) -> None:
    assert ask(port, "/")[0] == 404


def test_the_role_that_publishes_is_at_a_path_that_what_serves_cannot_guess(port: int, tmp_path: Path) -> None:
    here = [Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path / name) for name in "ab"]
    found = preparation_path(here[0])
    assert found == preparation_path(here[0]) != preparation_path(here[1])
    assert len(found.removeprefix(f"{PATH}/")) > 40
    assert (tmp_path / "a" / "preparation").stat().st_mode & 0o077 == 0
    assert ask(port, HIDDEN)[0] == 200
    assert ask(port, found)[0] == 404
