"""The keeper's lines on their way to CloudWatch."""

import logging
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.machine.program import log_stream
from infra.machine.program.log_stream import LogStream

GROUP, STREAM = "app", "machine/keeper/i-1"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    # The test sends by itself.
    monkeypatch.setattr(log_stream, "SEND_SECONDS", 3600)
    with mock_aws():
        made = boto3.Session(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        made.client("logs").create_log_group(logGroupName=GROUP)
        yield made


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("preqly", logging.INFO, "keeper.py", 1, text, None, None)


def lines(session: boto3.Session) -> list[str]:
    logs: Any = session.client("logs")
    return [one["message"] for one in logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM)["events"]]


def test_the_first_lines_make_the_stream_and_later_ones_follow(session: boto3.Session) -> None:
    stream = LogStream(session, GROUP, STREAM)
    for text in ("one", "two"):
        stream.emit(record(text))
        stream.send()
    assert lines(session) == ["one", "two"]


def test_without_a_log_group_nothing_is_raised_and_nobody_waits(session: boto3.Session) -> None:
    stream = LogStream(session, "gone", STREAM)
    for _ in range(log_stream.KEPT + 10):
        stream.emit(record("line"))
    stream.send()
