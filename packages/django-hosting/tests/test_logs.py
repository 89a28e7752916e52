"""Log lines and request ids."""

import json
import logging
import sys
from pathlib import Path

import pytest
from django.test import Client

from django_hosting import logs, request_id
from django_hosting.logs import JsonFormatter
from start import PACKAGE, RIGHT, run


def line(message: str, *args: object, **extra: object) -> dict[str, object]:
    """Format one record."""
    record = logging.LogRecord("core", logging.WARNING, __file__, 1, message, args, extra.get("exc_info"))
    record.__dict__.update(extra)
    return json.loads(JsonFormatter("r7", ["/account/password/reset/*/*", "/sign-up/*"]).format(record))


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
    found = line("Not Found: %s", "/sign-up/ImFubkBleGFtcGxlLmNvbSI:1w:x/")
    assert found["message"] == "Not Found: /sign-up/.../"


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


LOGGING = {
    "version": 1,
    "formatters": {"verbose": {"format": "%(message)s"}},
    "filters": {"few": {"()": "django.utils.log.RequireDebugTrue"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "verbose", "level": "DEBUG"},
        "file": {"class": "logging.FileHandler", "filename": "/var/log/films/site.log"},
        "mail_admins": {"class": "django.utils.log.AdminEmailHandler", "level": "ERROR"},
        "nothing": {"class": "logging.NullHandler"},
    },
    "loggers": {
        "": {"handlers": ["console", "mail_admins"], "level": "WARNING"},
        "films": {"handlers": ["console", "file"], "level": "DEBUG", "propagate": False},
        "noise": {"handlers": ["nothing"], "propagate": False},
    },
}


def test_a_projects_levels_and_other_handlers_stay_and_its_lines_become_json() -> None:
    found = logs.laid_over(LOGGING, logs.configuration("r7"))
    assert set(found["handlers"]) == {"mail_admins", "nothing", "django_hosting"}
    assert found["root"] == {"handlers": ["django_hosting", "mail_admins"], "level": "WARNING"}
    assert found["loggers"]["films"] == {"handlers": [], "level": "DEBUG", "propagate": True}
    assert found["loggers"]["noise"] == {"handlers": ["nothing"], "propagate": False}
    assert found["loggers"]["django"]["handlers"] == []
    assert LOGGING["loggers"][""]["handlers"] == ["console", "mail_admins"]


def test_a_line_is_written_once(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(f"from example.settings import *\nLOGGING = {LOGGING!r}\n")
    document = tmp_path / "application.json"
    document.write_text('{"settings": "own"}')
    code = "import django, logging; django.setup(); logging.getLogger('films.views').debug('once')"
    environment = {"DJANGO_HOSTING_APPLICATION": str(document), "PYTHONPATH": f"{PACKAGE}/src:{PACKAGE}/tests"}
    ended = run("-c", code, folder=tmp_path, **RIGHT | environment)
    assert ended.stderr == ""
    (written,) = ended.stdout.splitlines()
    assert (json.loads(written)["message"], json.loads(written)["level"]) == ("once", "DEBUG")
