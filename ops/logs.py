"""Read and follow the log. Streams in CloudWatch are named <web|process|migration|command>/<container>/<task>."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from ops.errors import OpsError, UsageError

POLL_SECONDS = 2
OVERLAP_MS = 10_000
"""Lines reach CloudWatch out of order, so the last seconds are read again without the known lines."""
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a container."""

    at: datetime
    process: str
    """web, the name of a process, migration, or command."""
    container: str
    task: str
    text: str


def since(text: str, option: str = "--since") -> timedelta:
    """The duration in `30s`, `10m`, `3h` or `2d`. Raises UsageError."""
    match = re.fullmatch(r"(\d{1,4})([smhd])", text)
    if not match:
        raise UsageError(f"{option} {text}: give a number and s, m, h or d, such as 10m.")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def read_lines(
    session: boto3.Session, group: str, begin: timedelta, pattern: str = "", *, follow: bool
) -> Iterator[Line]:
    """Lines since `begin` ago in order of time, with `follow` without end. Raises OpsError for a missing group."""
    logs: Any = session.client("logs")
    start = int((datetime.now(UTC) - begin).timestamp() * 1000)
    seen: dict[str, int] = {}
    while True:
        fresh = [one for one in _events(logs, group, start, pattern) if one["eventId"] not in seen]
        for event in sorted(fresh, key=lambda one: int(one["timestamp"])):
            seen[event["eventId"]] = event["timestamp"]
            yield _line(event)
        if not follow:
            return
        start = max([start, *(moment - OVERLAP_MS for moment in seen.values())])
        seen = {identifier: moment for identifier, moment in seen.items() if moment >= start}
        time.sleep(POLL_SECONDS)


def _events(logs: Any, group: str, start: int, pattern: str) -> Iterator[dict[str, Any]]:
    query = {"logGroupName": group, "startTime": start, **({"filterPattern": pattern} if pattern else {})}
    try:
        for page in logs.get_paginator("filter_log_events").paginate(**query):
            yield from page["events"]
    except logs.exceptions.ResourceNotFoundException:
        raise OpsError(f"Log group {group} does not exist. `pulumi up --refresh` creates it again.") from None


def _line(event: dict[str, Any]) -> Line:
    process, container, task = (["", "", *event["logStreamName"].split("/")])[-3:]
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return Line(at=moment, process=process, container=container, task=task, text=str(event["message"]).rstrip())
