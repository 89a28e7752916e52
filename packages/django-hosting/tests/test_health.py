"""Liveness and readiness."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from django_hosting import health


def test_a_live_process_answers_without_the_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_health_is_answered_for_any_host_over_plain_http(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz", headers={"host": "10.20.0.7:8443"}).status_code == 200


@pytest.mark.django_db
def test_ready_when_the_database_answers_and_its_schema_is_ours(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_not_ready_while_migrations_are_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_unapplied", lambda: True)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "there are unapplied migrations"})


@pytest.mark.django_db
def test_migrations_are_compared_until_they_agree_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [True, False]
    monkeypatch.setattr(health, "_unapplied", lambda: answers.pop(0))
    client = Client()
    assert [client.get("/readyz").status_code for _ in range(3)] == [503, 200, 200]


@pytest.mark.django_db
def test_not_ready_when_the_database_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "the database does not answer"})
