"""Errors to Sentry."""

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from config import request_id, sentry


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
