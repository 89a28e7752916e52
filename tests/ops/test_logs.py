import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import boto3
import pytest

from ops import logs
from ops.errors import UsageError
from tests.ops.conftest import Ops
from tests.ops.stand import LOG_GROUP, Stand


def write(session: boto3.Session, stream: str, *lines: str, ago_ms: int = 0) -> None:
    client: Any = session.client("logs")
    streams = client.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=stream)["logStreams"]
    if not streams:
        client.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
    now = int(time.time() * 1000) - ago_ms
    client.put_log_events(
        logGroupName=LOG_GROUP,
        logStreamName=stream,
        logEvents=[{"timestamp": now + number, "message": line} for number, line in enumerate(lines)],
    )


def test_lines_of_all_containers_come_in_order_of_time(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    write(stand.session, "web/web/0123456789", "[late] one", ago_ms=1_000)
    write(stand.session, "web/proxy/0123456789", '{"early": 1}', ago_ms=300_000)
    ended = ops("logs", "--no-follow")
    lines = [line.split(maxsplit=3)[1:] for line in ended.out.splitlines()]
    assert lines == [["01234567", "proxy", '{"early": 1}'], ["01234567", "web", "[late] one"]]


def test_one_container_and_a_time_can_be_asked_for(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    write(stand.session, "web/web/0123456789", "old", ago_ms=3_600_000)
    write(stand.session, "web/web/0123456789", "new")
    write(stand.session, "web/proxy/0123456789", "other")
    assert "old" not in ops("logs", "--no-follow", "--container", "web").out
    ended = ops("logs", "--no-follow", "--container", "web", "--since", "2h")
    assert [line.split()[-1] for line in ended.out.splitlines()] == ["old", "new"]


def test_following_shows_late_lines_once(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals: list[Sequence[Any]] = [
        ("web/web/1", "second", 500),
        ("web/web/2", "first, but late", 900),
        ("web/web/1", "third", 100),
    ]

    def pause(_: float) -> None:
        stream, line, ago = arrivals.pop(0)
        write(stand.session, stream, line, ago_ms=ago)

    monkeypatch.setattr(time, "sleep", pause)
    lines = logs.read_lines(stand.session, LOG_GROUP, timedelta(minutes=1), follow=True)
    assert [next(lines).text for _ in range(3)] == ["second", "first, but late", "third"]


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("10m", 600), ("3h", 10800), ("2d", 172800)])
def test_a_time_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert logs.since(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "m", "-3h", "1w", "yesterday"])
def test_any_other_time_is_wrong_use(text: str) -> None:
    with pytest.raises(UsageError, match=f"--since {text}: write a number and s, m, h or d"):
        logs.since(text)


def test_a_log_group_that_is_gone_is_told(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.client("logs").delete_log_group(logGroupName=LOG_GROUP)
    assert "Log group web-logs is gone" in ops.refused(["logs", "--no-follow"], 1)
