"""Credentials of the application's role, as an SDK in a container asks for them."""

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.machine.program.credentials import PATH, Credentials, serve

ROLE = "arn:aws:iam::123456789012:role/application"


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
    server = serve(Credentials(Session(timedelta(hours=1)), ROLE), "127.0.0.1", 0)
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
