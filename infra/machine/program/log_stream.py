"""The keeper's own lines in the application's log group, for people who cannot or need not come to the machine."""

import logging
import queue
import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

SEND_SECONDS = 2.0
KEPT = 1000
"""Lines that wait at most: without CloudWatch the oldest are in the journal only."""


class LogStream(logging.Handler):
    """Sends what is logged from a thread of its own: nobody waits for CloudWatch."""

    def __init__(self, session: Any, group: str, stream: str) -> None:
        super().__init__()
        self._logs, self._where = session.client("logs"), {"logGroupName": group, "logStreamName": stream}
        self._lines: queue.Queue[tuple[int, str]] = queue.Queue(KEPT)
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Never waits, never raises."""
        try:
            self._lines.put_nowait((int(record.created * 1000), self.format(record)))
        except queue.Full:
            return

    def send(self) -> None:
        """Everything that waits, in one request; what CloudWatch does not take is left to the journal."""
        waiting = [self._lines.get_nowait() for _ in range(self._lines.qsize())]
        if not waiting:
            return
        events = [{"timestamp": at, "message": text} for at, text in sorted(waiting)]
        try:
            self._put(events)
        except (BotoCoreError, ClientError):
            return

    def _put(self, events: list[dict[str, Any]]) -> None:
        try:
            self._logs.put_log_events(**self._where, logEvents=events)
        except self._logs.exceptions.ResourceNotFoundException:
            self._logs.create_log_stream(**self._where)
            self._logs.put_log_events(**self._where, logEvents=events)

    def _run(self) -> None:
        while True:
            time.sleep(SEND_SECONDS)
            self.send()
