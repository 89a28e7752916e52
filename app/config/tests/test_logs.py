"""Log lines, request ids, errors to Sentry."""

import json
import logging
import sys

import pytest
import sentry_sdk
from django.test import Client
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from config import request_id, sentry
from config.logs import JsonFormatter


def line(message: str, *args: object, **extra: object) -> dict[str, object]:
    """Format one record."""
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
    found = line("Not Found: %s", "/account/sign-up/confirm/ImFubkBleGFtcGxlLmNvbSI:1w:x/")
    assert found["message"] == "Not Found: /account/sign-up/confirm/.../"


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


def test_an_error_is_sent_with_release_and_request_id_and_without_personal_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[dict] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Envelope) -> None:
            sent.append(envelope.get_event())

    started = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **given: started(transport=Kept, **given))
    sentry.report_errors("https://key@sentry.test/1", "r7")
    try:
        request_id.current.set("0123456789abcdef")
        try:
            int("hunter2")
        except ValueError as error:
            sentry_sdk.capture_exception(error)
    finally:
        sentry_sdk.init = started
        started()
    (event,) = sent
    assert (event["release"], event["tags"]["request_id"]) == ("r7", "0123456789abcdef")
    assert "vars" not in str(event["exception"])
