"""The wait for the database."""

from types import SimpleNamespace

import psycopg
import pytest
from django.db import OperationalError

from django_hosting import database


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    place = {"HOST": "db", "PORT": 5433, "NAME": "films", "PASSWORD": "hunter2"}
    stand_in = SimpleNamespace(vendor="postgresql", settings_dict=place, close=lambda: None)
    monkeypatch.setattr(database, "connection", stand_in)
    return stand_in


def refuse_with(postgres: SimpleNamespace, *said: str) -> None:
    """Refuse with these messages, one after the other, then accept the connection."""
    left = list(said)

    def ensure() -> None:
        if left:
            raise OperationalError(left.pop(0))

    postgres.ensure_connection = ensure


@pytest.mark.parametrize(
    ("said", "sentence", "code"),
    [
        ("failed to resolve host 'db': [Errno -2] Name or service not known", "no name server knows the host", 68),
        ('connection to server at "10.0.0.9", port 5433 failed: Connection refused', "refuses connections", 69),
        ("connection timeout expired", "does not answer", 69),
        ("FATAL:  the database system is starting up", "is starting up", 75),
        ("SSL error: certificate verify failed", "certificate", 76),
        ('FATAL:  password authentication failed for user "films"', "the user or the password", 77),
        ('FATAL:  database "films" does not exist', "no such database", 78),
    ],
)
def test_each_reason_has_a_line_and_a_code(postgres: SimpleNamespace, said: str, sentence: str, code: int) -> None:
    refuse_with(postgres, said)
    with pytest.raises(database.DatabaseUnavailableError) as raised:
        database.wait(0)
    line = str(raised.value)
    assert line.startswith("Database db:5433/films: ")
    assert sentence in line
    assert "\n" not in line
    assert "hunter2" not in line
    assert raised.value.code == code


def test_a_database_that_is_starting_is_waited_for(postgres: SimpleNamespace) -> None:
    refuse_with(postgres, "Connection refused", "the database system is starting up")
    slept: list[float] = []
    database.wait(30, slept.append)
    assert slept == [1.0, 1.0]


def test_a_wrong_password_is_not_tried_again(postgres: SimpleNamespace) -> None:
    refuse_with(postgres, "password authentication failed")
    with pytest.raises(database.DatabaseUnavailableError):
        database.wait(30, lambda _seconds: pytest.fail("waited"))


def test_a_timeout_of_the_connection_is_silence() -> None:
    error = OperationalError("timeout")
    error.__cause__ = psycopg.errors.ConnectionTimeout("timeout")
    assert database.why(error) == "does not answer"
