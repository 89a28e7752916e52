"""One JSON object per log line, for the application and for gunicorn."""

import json
import logging
from datetime import UTC, datetime

from config import request_id


class JsonFormatter(logging.Formatter):
    """Time (UTC), level, logger, message, request id, release, and the traceback where there is one."""

    def __init__(self, release: str = "unknown") -> None:
        super().__init__()
        self._release = release

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.current.get(),
            "release": self._release,
        }
        status = getattr(record, "status_code", None)
        if status is not None:
            line["status"] = status
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
