"""Metrics for Prometheus."""

import pytest
from django.test import Client

from django_hosting import metrics


@pytest.fixture(autouse=True)
def _port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "PORT", "9005")


def metrics_of(client: Client) -> str:
    answer = client.get("/metrics", SERVER_PORT="9005", headers={"host": "10.20.0.7:9005"})
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")
    return answer.content.decode()


def test_answers_are_counted_and_timed_by_the_name_of_their_view(client: Client) -> None:
    client.get("/admin/login/")
    found = metrics_of(client)
    assert 'http_answers_total{method="GET",status="200",view="admin:login"}' in found
    assert 'http_request_seconds_bucket{le="0.005",method="GET",view="admin:login"}' in found


@pytest.mark.parametrize("host", ["localhost", "localhost:9005"])
def test_metrics_are_served_on_their_own_port_only(client: Client, host: str) -> None:
    answer = client.get("/metrics", headers={"host": host, "x-forwarded-port": "9005"})
    assert answer.status_code == 404
    assert "http_answers_total" not in answer.content.decode()


def test_that_port_serves_nothing_else(client: Client) -> None:
    assert client.get("/admin/login/", SERVER_PORT="9005").status_code == 404


def test_an_unknown_path_or_method_becomes_no_label(client: Client) -> None:
    client.get("/made/up/by/a/visitor")
    client.generic("BREW", "/later/")
    found = metrics_of(client)
    assert "visitor" not in found
    assert "BREW" not in found
    assert 'method="other"' in found
