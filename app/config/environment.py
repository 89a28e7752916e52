"""Typed environment variables. All wrong ones are reported at once, one line each."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

from config import mail

T = TypeVar("T")

FROM_FILES = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "DATABASE_URL",
    "APPLICATION_DATABASE_URL",
    "EMAIL_URL",
    "SENTRY_DSN",
)
"""Secrets that may be in a file instead, named by `<variable>_FILE`, as compose mounts them."""
DATABASES = ("postgres", "postgresql", "sqlite")
"""Schemes of a database URL. SQLite is for tests and the image's build."""
_REQUIRED: Any = object()
# What environ raises for an unreadable value depends on the type.
_UNREADABLE = (ImproperlyConfigured, ValueError, TypeError, KeyError, IndexError, AttributeError)


class Environment:
    """Reads variables; an empty one counts as not set.

    A wrong variable gives a placeholder; `verify` then stops the start with all problems.
    """

    def __init__(self) -> None:
        self._problems: list[str] = []
        self._env = environ.Env()
        self._env.ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}
        for name in FROM_FILES:
            self._read_file(name)

    def text(self, name: str, *, example: str, default: str = _REQUIRED) -> str:
        """Return a string."""
        return self._read(self._env.str, name, example, default, placeholder="")

    def names(self, name: str, *, example: str, default: list[str] = _REQUIRED) -> list[str]:
        """Return a comma-separated list, stripped."""
        found = self._read(self._env.list, name, example, default, placeholder=[])
        return [entry.strip() for entry in found if entry.strip()]

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean; anything but true and false is a problem."""
        raw = self._env.str(name, default=str(default)).strip().lower()
        if raw not in {"true", "false"}:
            self.refuse(name, f"{raw!r} is neither true nor false", f"{name}={str(default).lower()}")
        return raw == "true"

    def number(self, name: str, *, default: int, minimum: int) -> int:
        """Return a whole number not below `minimum`."""
        found = self._read(self._env.int, name, str(default), default, placeholder=default)
        if found < minimum:
            self.refuse(name, f"{found} is below {minimum}", f"{name}={default}")
        return found

    def database(self, name: str, *, example: str, optional: bool = False) -> dict[str, Any]:
        """Return Django's DATABASES entry for a URL, empty for an optional one that is not set.

        Messages never contain the URL, because it holds a password.
        """
        if optional and name not in self._env.ENVIRON:
            return {}
        scheme, found, _ = self._env.ENVIRON.get(name, "").partition("://")
        # Checked here, because environ only warns and prints the URL.
        if name in self._env.ENVIRON and not (found and scheme in DATABASES):
            self.refuse(
                name,
                f"does not begin with one of {', '.join(f'{known}://' for known in DATABASES)}",
                f"{name}={example}",
            )
            return {}
        found = self._read(self._env.db_url, name, example, _REQUIRED, placeholder={})
        if found.get("ENGINE") == "django.db.backends.postgresql":
            # Shorter than the proxy's timeout.
            found.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
        return found

    def email(self, name: str, *, example: str, default: str) -> dict[str, Any]:
        """Return Django's EMAIL_* settings for a URL."""
        url = self._env.ENVIRON.get(name, default)
        for needed in mail.lacking(url, self._env.ENVIRON):
            self.refuse(needed, f"is missing or empty, and {name}={url} needs it", f"{needed}={mail.EXAMPLES[needed]}")
        own = mail.settings(url)
        if own:
            return own
        return self._read(self._env.email_url, name, example, default, placeholder={})

    def mailbox(self, name: str, *, example: str, default: str) -> str:
        """Return an e-mail address, with or without a name before it."""
        found = self.text(name, example=example, default=default)
        if not mail.is_mailbox(found):
            self.refuse(name, f"{found!r} is no e-mail address", f"{name}={example}")
        return found

    def refuse(self, name: str, problem: str, example: str) -> None:
        """Note a problem; `example` is a correct line for the variable."""
        self._problems.append(f"{name}: {problem}. Example: {example}")

    def verify(self) -> None:
        """Exit with code 1 and a line for each wrong variable, if there is any."""
        if self._problems:
            raise SystemExit("\n".join(f"Environment variable {problem}" for problem in self._problems))

    def _read_file(self, name: str) -> None:
        path = self._env.ENVIRON.get(f"{name}_FILE")
        if path is None:
            return
        try:
            found = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "no text in UTF-8"
            self.refuse(f"{name}_FILE", f"{path} cannot be read ({why})", f"{name}_FILE=/run/secrets/...")
            return
        # An empty file counts as not set.
        if found:
            self._env.ENVIRON[name] = found

    def _read(self, reader: Callable[..., T], name: str, example: str, default: Any, placeholder: T) -> T:
        if name not in self._env.ENVIRON:
            if default is not _REQUIRED:
                return reader(name, default=default)
            self.refuse(name, "is missing or empty", f"{name}={example}")
            return placeholder
        try:
            return reader(name)
        except _UNREADABLE:
            self.refuse(name, "cannot be read", f"{name}={example}")
            return placeholder
