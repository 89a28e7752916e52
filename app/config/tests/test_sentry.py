"""Errors to Sentry."""

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from config import sentry


def test_an_error_is_sent_with_the_release_and_without_personal_data(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Envelope) -> None:
            sent.append(envelope.get_event())

    started = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **given: started(transport=Kept, **given))
    sentry.report_errors("https://key@sentry.test/1", "r7")
    try:
        try:
            int("hunter2")
        except ValueError as error:
            sentry_sdk.capture_exception(error)
    finally:
        sentry_sdk.init = started
        started()
    (event,) = sent
    assert event["release"] == "r7"
    assert "vars" not in str(event["exception"])


def test_an_event_of_a_request_has_its_id_and_no_link_that_is_a_secret() -> None:
    url = "https://films.example.com/account/password/reset/MQ/die7kj-0fc0d6620eb0d4ee/"
    event = sentry.with_request_id({"request": {"url": url, "headers": {"X-Request-Id": "0123456789abcdef"}}}, None)
    assert event["tags"] == {"request_id": "0123456789abcdef"}
    assert event["request"]["url"] == "https://films.example.com/account/password/reset/.../"


def test_a_dsn_that_cannot_be_read_is_one_line() -> None:
    with pytest.raises(SystemExit, match=r"^Environment variable SENTRY_DSN: cannot be read\. Example: "):
        sentry.report_errors("https://hunter2", "r7")
