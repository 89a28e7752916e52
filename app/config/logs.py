"""One JSON object per log line, for the application and for gunicorn."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from config import request_id

_LINK = re.compile(r"(/account/password/reset/)[^/\s]+/[^/\s]+|(/account/sign-up/confirm/)[^/\s]+")


def without_links(text: str) -> str:
    """Remove the secret part of links for a password or an account, as nginx.conf does."""
    return _LINK.sub(r"\1\2...", text)


class JsonFormatter(logging.Formatter):
    """Format time (UTC), level, logger, message, request id, release, and if present status, traceback and fields."""

    def __init__(self, release: str = "unknown") -> None:
        super().__init__()
        self._release = release

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_links(record.getMessage()),
            "request_id": request_id.current.get(),
            "release": self._release,
        }
        status = getattr(record, "status_code", None)
        if status is not None:
            line["status"] = status
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        line |= getattr(record, "fields", {})
        return json.dumps(line, ensure_ascii=False)


def configuration(release: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything to stdout. https://docs.djangoproject.com/en/5.2/ref/settings/#logging"""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter, "release": release}},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": "INFO"},
        # Django's own handlers would log each request twice and mail the admins.
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Anyone can send a wrong Host; the proxy logs the 400.
            "django.security.DisallowedHost": {"handlers": [], "level": "CRITICAL", "propagate": True},
        },
    }
