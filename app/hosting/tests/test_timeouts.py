"""A statement past statement_timeout is a 504, any other error of the database is none."""

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client

from core import views


@pytest.mark.parametrize(
    ("cause", "status"), [(psycopg.errors.QueryCanceled("canceled"), 504), (psycopg.OperationalError("gone"), 500)]
)
def test_a_statement_that_took_too_long_is_answered_by_the_proxys_page(
    client: Client, monkeypatch: pytest.MonkeyPatch, cause: Exception, status: int
) -> None:
    def fail(*_given: object) -> None:
        raise OperationalError("the database said so") from cause

    monkeypatch.setattr(views, "render", fail)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == status
    assert answer.headers.get("X-Accel-Redirect") == ("@timeout" if status == 504 else None)


def test_the_limit_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from hosting.deadline import request_timeout  # noqa: PLC0415

    for given, wanted in (("", 30), ("45", 45)):
        monkeypatch.setenv("REQUEST_TIMEOUT", given)
        assert request_timeout() == wanted
    for given in ("1", "30s", "-5", "²"):
        monkeypatch.setenv("REQUEST_TIMEOUT", given)
        with pytest.raises(SystemExit, match=r"REQUEST_TIMEOUT: .* Example: REQUEST_TIMEOUT=30"):
            request_timeout()
