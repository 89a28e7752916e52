"""A statement past statement_timeout is a 504, any other error of the database is none."""

import psycopg
import pytest
from django.db import OperationalError
from django.test import RequestFactory

from django_hosting import deadline
from django_hosting.timeouts import StatementTimeoutMiddleware
from example.urls import Canceled


class OfPsycopg2(Exception):  # noqa: N818 - in place of psycopg2's error
    """Has the code by another name."""

    pgcode = "57014"


def answer(cause: Exception):
    error = OperationalError("the database said so")
    error.__cause__ = cause
    return StatementTimeoutMiddleware(lambda _request: None).process_exception(RequestFactory().get("/"), error)


@pytest.mark.parametrize("cause", [psycopg.errors.QueryCanceled("canceled"), Canceled(), OfPsycopg2()])
def test_a_statement_that_took_too_long_is_answered_by_the_proxys_page(cause: Exception) -> None:
    found = answer(cause)
    assert (found.status_code, found["X-Accel-Redirect"]) == (504, "@timeout")


def test_another_error_of_the_database_is_the_projects() -> None:
    assert answer(psycopg.OperationalError("gone")) is None


def test_the_answer_replaces_the_error_page(client) -> None:
    assert client.get("/slow/").status_code == 504


def test_the_limit_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, wanted in (("", 30), ("45", 45)):
        monkeypatch.setenv("REQUEST_TIMEOUT", given)
        assert deadline.request_timeout() == wanted
    for given in ("1", "30s", "-5", "²"):
        monkeypatch.setenv("REQUEST_TIMEOUT", given)
        with pytest.raises(SystemExit, match=r"REQUEST_TIMEOUT: .* Example: REQUEST_TIMEOUT=30"):
            deadline.request_timeout()


@pytest.mark.parametrize(
    ("path", "limit"), [("/", 30), ("/upload/", 120), ("/upload/x", 30), ("/export/a/b", 60), ("/export/all", 90)]
)
def test_a_path_has_the_limit_of_the_longest_rule_that_fits(path: str, limit: int) -> None:
    others = [("/upload/", 120), ("/export/*", 60), ("/export/all", 90)]
    assert deadline.limit_of(path, 30, others) == limit


def test_statements_are_limited_by_the_longest_request_beside_a_search_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = {"default": {"OPTIONS": {"options": "-c search_path=films"}}, "other": {"ENGINE": "sqlite3"}}
    monkeypatch.setattr(deadline.connections, "settings", own)
    monkeypatch.delenv("PGOPTIONS", raising=False)
    monkeypatch.setenv("REQUEST_TIMEOUT", "30")
    deadline.limit_sessions([("/export/*", 60)])
    deadline.limit_sessions([("/export/*", 60)])
    limits = "-c statement_timeout=50s -c idle_in_transaction_session_timeout=60s"
    assert deadline.os.environ["PGOPTIONS"] == limits
    assert own["default"]["OPTIONS"] == {"options": f"{limits} -c search_path=films"}
