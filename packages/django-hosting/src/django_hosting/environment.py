"""Typed environment variables. All wrong ones are reported at once, one line each."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django_hosting import host_names, mail, service_urls

FROM_FILES = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "DATABASE_URL",
    "APPLICATION_DATABASE_URL",
    "EMAIL_URL",
    "CACHE_URL",
    "REDIS_URL",
)
"""Secrets that may be in a file instead, named by `<variable>_FILE`."""
MOUNTED = "/run/secrets/"
"""Where compose mounts secrets: a variable `<name>_FILE` with a path there stands for `<name>`, whatever its name."""
_REQUIRED: Any = object()


class Environment:
    """Reads variables; an empty one counts as not set.

    A wrong variable gives a placeholder; `verify` then stops the start with all problems.
    """

    def __init__(self) -> None:
        # A dict, because a variable may be read for several settings.
        self._problems: dict[str, None] = {}
        self._values = {name: value.strip() for name, value in os.environ.items() if value.strip()}
        mounted = [
            name.removesuffix("_FILE")
            for name, value in self._values.items()
            if name.endswith("_FILE") and value.startswith(MOUNTED)
        ]
        self._from_files = sorted({*FROM_FILES, *mounted})
        for name in self._from_files:
            self._read_file(name)

    def text(self, name: str, *, example: str, default: str = _REQUIRED) -> str:
        """Return a string, stripped."""
        if name not in self._values and default is _REQUIRED:
            self.refuse(name, "is missing or empty", f"{name}={example}")
            return ""
        return self._values.get(name, default)

    def names(self, name: str, *, example: str, default: list[str] = _REQUIRED) -> list[str]:
        """Return a comma-separated list, stripped; at least one entry unless there is a default."""
        if name not in self._values and default is not _REQUIRED:
            return default
        found = [entry.strip() for entry in self._values.get(name, "").split(",") if entry.strip()]
        if not found and default is _REQUIRED:
            self.refuse(name, "is missing or empty", f"{name}={example}")
        return found

    def hosts(self, name: str, *, example: str) -> list[str]:
        """Return a list for ALLOWED_HOSTS."""
        return self._checked(name, self.names(name, example=example), host_names.allowed_host, example)

    def origins(self, name: str, *, example: str) -> list[str]:
        """Return a list for CSRF_TRUSTED_ORIGINS, empty when it is not set."""
        found = self.names(name, example=example, default=[])
        return self._checked(name, found, host_names.trusted_origin, example)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean; anything but true and false is a problem."""
        raw = self._values.get(name, str(default)).lower()
        if raw not in {"true", "false"}:
            self.refuse(name, f"{raw!r} is neither true nor false", f"{name}={str(default).lower()}")
        return raw == "true"

    def number(self, name: str, *, default: int, minimum: int) -> int:
        """Return a whole number not below `minimum`."""
        try:
            found = int(self._values.get(name, default))
        except ValueError:
            self.refuse(name, "is no whole number", f"{name}={default}")
            return default
        if found < minimum:
            self.refuse(name, f"{found} is below {minimum}", f"{name}={default}")
        return found

    def matching(self, name: str, *, pattern: str, example: str, default: str) -> str:
        """Return a string that the whole pattern matches."""
        found = self.text(name, example=example, default=default)
        if found != default and not re.fullmatch(pattern, found):
            self.refuse(name, f"{found!r} has another form than expected", f"{name}={example}")
        return found

    def database(self, name: str, *, example: str, optional: bool = False) -> dict[str, Any]:
        """Return Django's DATABASES entry for a URL, empty for an optional one that is not set.

        Messages never contain the URL, because it holds a password.
        """
        if optional and name not in self._values:
            return {}
        url = self.text(name, example=example)
        try:
            return django_database(service_urls.database(url)) if url else {}
        except service_urls.UrlError as error:
            self.refuse(name, str(error), f"{name}={example}")
            return {}

    def given(self, name: str) -> bool:
        """Whether the variable is set and not empty."""
        return name in self._values

    def export(self) -> None:
        """Set the variables that were read from files, for the project's own settings."""
        os.environ.update({name: self._values[name] for name in self._from_files if name in self._values})

    def email(self, name: str, *, example: str, default: str, sender: str = "") -> dict[str, Any]:
        """Return Django's EMAIL_* settings for a URL; `sender` is the project's own DEFAULT_FROM_EMAIL."""
        try:
            url = service_urls.mail(self._values.get(name, default))
        except service_urls.UrlError as error:
            self.refuse(name, str(error), f"{name}={example}")
            return {}
        for needed in mail.lacking(url, {"DEFAULT_FROM_EMAIL": sender} | self._values):
            self.refuse(
                needed, f"is missing or empty, and {name}={url.scheme}:// needs it", f"{needed}={mail.EXAMPLES[needed]}"
            )
        return mail.settings(url)

    def mailbox(self, name: str, *, example: str, default: str) -> str:
        """Return an e-mail address, with or without a name before it."""
        found = self.text(name, example=example, default=default)
        if not mail.is_mailbox(found):
            self.refuse(name, f"{found!r} is no e-mail address", f"{name}={example}")
        return found

    def refuse(self, name: str, problem: str, example: str) -> None:
        """Note a problem; `example` is a correct line for the variable."""
        self._problems[f"{name}: {problem}. Example: {example}"] = None

    def verify(self) -> None:
        """Exit with code 1 and a line for each wrong variable, if there is any."""
        if self._problems:
            raise SystemExit("\n".join(f"Environment variable {problem}" for problem in self._problems))

    def _read_file(self, name: str) -> None:
        path = self._values.get(f"{name}_FILE")
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
            self._values[name] = found

    def _checked(self, name: str, entries: list[str], check: Callable[[str], str], example: str) -> list[str]:
        """The entries as Django compares them."""
        found = []
        for entry in entries:
            try:
                found.append(check(entry))
            except host_names.HostError as error:
                self.refuse(name, f"{entry!r} {error}", f"{name}={error.right or example}")
        return found


def django_database(database: service_urls.Database) -> dict[str, Any]:
    """Return Django's DATABASES entry. Raises UrlError for an option that libpq does not know."""
    if database.server is None:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": database.name}
    reserved = {"host", "hostaddr", "port", "dbname", "user", "password", "service"}
    if reserved & database.options.keys() or not _known(database.options):
        raise service_urls.UrlError("has an option that PostgreSQL's client does not take in a URL")
    server = database.server
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database.name,
        "HOST": server.host,
        "PORT": server.port,
        "USER": server.user,
        "PASSWORD": server.password,
        # Shorter than the proxy's timeout.
        "OPTIONS": {"connect_timeout": 5, **database.options},
    }


def _known(options: Mapping[str, str]) -> bool:
    """Whether libpq knows all these options, as far as a driver is installed that can be asked."""
    made, refusal = _driver()
    try:
        if made:
            made("", **options)
    except refusal:
        return False
    return True


def _driver() -> tuple[Callable[..., str] | None, type[Exception]]:
    """What makes a connection string, and the error of an unknown option, of psycopg 3 or psycopg2."""
    try:
        import psycopg  # noqa: PLC0415 - the project may have psycopg2
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415
    except ImportError:
        try:
            import psycopg2.extensions  # noqa: PLC0415
        except ImportError:
            return None, ValueError
        return psycopg2.extensions.make_dsn, psycopg2.ProgrammingError
    return make_conninfo, psycopg.ProgrammingError
