import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import boto3
import pytest

from ops import logs
from ops.errors import UsageError
from tests.ops.conftest import Ops
from tests.ops.fixtures import LOG_GROUP, DeployedStack


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


def test_lines_of_all_containers_are_in_order_of_time(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    write(stack.session, "web/web/0123456789", "[late] one", ago_ms=1_000)
    write(stack.session, "web/proxy/0123456789", '{"early": 1}', ago_ms=300_000)
    ended = ops("logs", "--no-follow")
    lines = [line.split(maxsplit=3)[1:] for line in ended.out.splitlines()]
    assert lines == [["01234567", "proxy", '{"early": 1}'], ["01234567", "web", "[late] one"]]


def test_one_container_and_a_duration_can_be_chosen(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    write(stack.session, "web/web/0123456789", "old", ago_ms=3_600_000)
    write(stack.session, "web/web/0123456789", "new")
    write(stack.session, "web/proxy/0123456789", "other")
    assert "old" not in ops("logs", "--no-follow", "--container", "web").out
    ended = ops("logs", "--no-follow", "--container", "web", "--since", "2h")
    assert [line.split()[-1] for line in ended.out.splitlines()] == ["old", "new"]


def test_a_pipe_gets_the_lines_so_far_and_their_end(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    write(stack.session, "web/web/0123456789", "new")
    assert ops("logs").out.split()[-1] == "new"


def test_following_shows_late_lines_once(stack: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals: list[Sequence[Any]] = [
        ("web/web/1", "second", 500),
        ("web/web/2", "first, but late", 900),
        ("web/web/1", "third", 100),
    ]

    def pause(_: float) -> None:
        stream, line, ago = arrivals.pop(0)
        write(stack.session, stream, line, ago_ms=ago)

    monkeypatch.setattr(time, "sleep", pause)
    lines = logs.read_lines(stack.session, LOG_GROUP, timedelta(minutes=1), follow=True)
    assert [next(lines).text for _ in range(3)] == ["second", "first, but late", "third"]


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("10m", 600), ("3h", 10800), ("2d", 172800)])
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert logs.since(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "m", "-3h", "1w", "yesterday"])
def test_any_other_duration_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match=f"--since {text}: give a number and s, m, h or d"):
        logs.since(text)


def test_a_deleted_log_group_is_reported(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    stack.client("logs").delete_log_group(logGroupName=LOG_GROUP)
    assert "Log group web-logs does not exist" in ops.refused(["logs", "--no-follow"], 1)
