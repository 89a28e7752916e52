"""check_database, which a drill runs on a restored server."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from django_hosting import database
from django_hosting.management.commands import check_database

pytestmark = pytest.mark.django_db


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    call_command("check_database", *words)
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    assert found["event"] == check_database.EVENT
    return found


def test_it_answers_each_query_and_a_wrong_one_costs_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    found = checked(capsys, "SELECT 6 * 7", "SELECT nothing", "SELECT 1 WHERE 1 = 0")
    first, wrong, empty = found["answers"]
    assert (first["value"], empty["value"]) == ("42", "")
    assert "nothing" in wrong["error"]
    assert found["tables"] > 0
    assert found["migrations"] > 0
    assert found["unapplied"] == []


def test_another_server_gets_the_same_login(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts: list[str] = []
    monkeypatch.setitem(connection.settings_dict, "HOST", "site")
    monkeypatch.setattr(database, "wait", lambda _: hosts.append(connection.settings_dict["HOST"]))
    checked(capsys, "--host", "restored")
    assert hosts == ["restored"]
