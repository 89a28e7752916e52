"""One JSON object per log line, for the application and for the server."""

import json
import logging
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import datetime, timezone
from typing import Any

from django_hosting import request_id

HANDLER = "django_hosting"
_LINES = frozenset(
    {
        "logging.StreamHandler",
        "logging.FileHandler",
        "logging.handlers.RotatingFileHandler",
        "logging.handlers.TimedRotatingFileHandler",
        "logging.handlers.WatchedFileHandler",
    }
)
"""Handlers that write lines, which the platform's one replaces: files of a container are lost."""


class JsonFormatter(logging.Formatter):
    """Format time (UTC), level, logger, message, request id, release, and if present status, traceback and fields.

    Paths in `secret_paths` (`*` stands for a part) are shortened, as the proxy does in its log.
    """

    def __init__(self, release: str = "unknown", secret_paths: Iterable[str] = ()) -> None:
        super().__init__()
        self._release = release
        self._secret_paths = [_pattern(path) for path in secret_paths]

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._shortened(record.getMessage()),
            "request_id": request_id.current.get(),
            "release": self._release,
        }
        status = getattr(record, "status_code", None)
        if status is not None:
            line["status"] = status
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        fields = getattr(record, "fields", None)
        if isinstance(fields, Mapping):
            line |= fields
        return json.dumps(line, ensure_ascii=False, default=str)

    def _shortened(self, text: str) -> str:
        for pattern in self._secret_paths:
            text = pattern.sub(r"\1...", text)
        return text


def configuration(release: str, secret_paths: Iterable[str] = ()) -> dict[str, Any]:
    """Return Django's LOGGING: everything to stdout. https://docs.djangoproject.com/en/5.2/ref/settings/#logging"""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {HANDLER: {"()": JsonFormatter, "release": release, "secret_paths": tuple(secret_paths)}},
        "handlers": {
            HANDLER: {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": HANDLER},
        },
        "root": {"handlers": [HANDLER], "level": "INFO"},
        # Django's own handlers would log each request twice.
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Anyone can send a wrong Host; the proxy logs the 400.
            "django.security.DisallowedHost": {"handlers": [], "level": "CRITICAL", "propagate": True},
        },
    }


def with_mail_to_admins(platform: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with Django's own mail for each error, which it sends to ADMINS."""
    mail = {"level": "ERROR", "class": "django.utils.log.AdminEmailHandler"}
    django = platform["loggers"]["django"] | {"handlers": ["mail_admins"]}
    return platform | {
        "handlers": platform["handlers"] | {"mail_admins": mail},
        "loggers": platform["loggers"] | {"django": django},
    }


def laid_over(project: Mapping[str, Any], platform: Mapping[str, Any]) -> dict[str, Any]:
    """Return the project's LOGGING with the handler of `configuration` in place of those that write lines.

    Levels, filters, and handlers that send elsewhere stay as they are.
    """
    found = deepcopy(dict(project))
    handlers: dict[str, Any] = found.get("handlers", {})
    replaced = {name for name, handler in handlers.items() if handler.get("class") in _LINES}
    kept = {name: handler for name, handler in handlers.items() if name not in replaced}
    loggers: dict[str, Any] = found.get("loggers", {})
    root = loggers.pop("", None) or found.get("root", {})
    for logger in loggers.values():
        if replaced & set(logger.get("handlers", ())):
            # The root has the platform's handler.
            logger["propagate"] = True
        logger["handlers"] = [name for name in logger.get("handlers", ()) if name not in replaced]
    others = [name for name in root.get("handlers", ()) if name not in replaced]
    return found | {
        "version": 1,
        "disable_existing_loggers": found.get("disable_existing_loggers", False),
        "formatters": found.get("formatters", {}) | platform["formatters"],
        "handlers": kept | platform["handlers"],
        "root": {"level": "INFO"} | root | {"handlers": [HANDLER, *others]},
        "loggers": platform["loggers"] | loggers,
    }


def _pattern(path: str) -> re.Pattern[str]:
    shown, _, rest = path.partition("*")
    part = r"[^/\s]+"
    return re.compile(f"({re.escape(shown)}){part}{part.join(map(re.escape, rest.split('*')))}")
