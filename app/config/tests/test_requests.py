"""Request ids, log lines, sessions across a change of key, migrations."""

import json
import logging
import sys

import pytest
from django.core.management import call_command
from django.test import Client

from config import request_id
from config.logs import JsonFormatter


def line(message: str, *args: object, **extra: object) -> dict[str, object]:
    """What one record becomes."""
    record = logging.LogRecord("core", logging.WARNING, __file__, 1, message, args, extra.get("exc_info"))
    record.__dict__.update(extra)
    return json.loads(JsonFormatter("r7").format(record))


def test_a_log_line_is_one_json_object() -> None:
    request_id.current.set("abcd1234")
    found = line("two\nlines %s", "“quoted”", status_code=404)
    assert found | {"time": ""} == {
        "time": "",
        "level": "WARNING",
        "logger": "core",
        "message": "two\nlines “quoted”",
        "request_id": "abcd1234",
        "release": "r7",
        "status": 404,
    }


def test_a_traceback_is_part_of_the_line() -> None:
    try:
        int("broken")
    except ValueError:
        found = line("failed", exc_info=sys.exc_info())
    assert str(found["exception"]).endswith("'broken'")


def test_a_link_that_sets_a_password_is_not_written_down() -> None:
    found = line("Internal Server Error: %s", "/account/password/reset/MQ/die7kj-0fc0d6620eb0d4ee/")
    assert found["message"] == "Internal Server Error: /account/password/reset/.../"


def test_the_proxys_request_id_is_kept_and_returned(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    caplog.handler.addFilter(lambda record: seen.append(request_id.current.get()) or True)
    response = client.get("/nothing/", headers={"x-request-id": "0123456789abcdef"})
    assert response["X-Request-ID"] == "0123456789abcdef"
    assert seen == ["0123456789abcdef"]


@pytest.mark.parametrize("given", ["", "short", "x" * 65, 'a"b"c"d"e', "spaces in it"])
def test_an_id_that_is_not_well_formed_is_replaced(client: Client, given: str) -> None:
    made = client.get("/healthz", headers={"x-request-id": given})["X-Request-ID"]
    assert len(made) == 32
    assert made != given


@pytest.mark.django_db
def test_a_session_outlives_a_change_of_the_secret_key(client: Client, settings, django_user_model) -> None:
    client.force_login(django_user_model.objects.create_user("ann@example.com", "x"))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [settings.SECRET_KEY]
    assert client.get("/account/profile/").status_code == 200
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "athird1" * 10, []
    assert client.get("/account/profile/").status_code == 302


@pytest.mark.django_db
def test_the_models_need_no_further_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
