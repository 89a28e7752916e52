"""Credentials of indexes and repositories, from the environment alone."""

import netrc
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from infra.images.private.model import VARIABLES, Credentials, Index, Repository

URL_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
"""Variables of pip and uv that hold URLs with credentials, separated by spaces."""
_LOGIN_OF_NAME = (
    ("UV_INDEX_{}_USERNAME", "UV_INDEX_{}_PASSWORD"),
    ("POETRY_HTTP_BASIC_{}_USERNAME", "POETRY_HTTP_BASIC_{}_PASSWORD"),
)


def credentials_for(source: Index | Repository, environment: Mapping[str, str]) -> Credentials | None:
    """Credentials for a source: variables that its URL names, those of its name, those in URLs, those of .netrc."""
    if source.login:
        # As pip does: the values are parts of a URL.
        user, _, password = VARIABLES.sub(lambda found: environment[_variable(found[0])], source.login).partition(":")
        return Credentials(unquote(user), unquote(password))
    found = _of_name(source.name, environment) if isinstance(source, Index) and source.name else None
    return found or _of_url(source.url, environment) or _of_netrc(source.url, environment)


def scrubbed(text: str, credentials: Credentials | None) -> str:
    """A tool's message without the password, however it is written, and without users and passwords in URLs."""
    for secret in (credentials.password, credentials.user) if credentials else ():
        for form in {secret, quote(secret, safe="")} - {""}:
            text = text.replace(form, "…")
    return re.sub(r"://[^\s/@]+@", "://", text)


def unset_variables(source: Index | Repository, environment: Mapping[str, str]) -> list[str]:
    """Variables that the URL of a source names and the environment does not have."""
    return [name for one in VARIABLES.findall(source.login) if not environment.get(name := _variable(one))]


def ways(source: Index | Repository) -> str:
    """How a person gives the credentials of a source."""
    host = urlsplit(source.url).hostname
    file = f"a line `machine {host} login … password …` in ~/.netrc (or in the file that NETRC names)"
    if isinstance(source, Repository):
        return f"{file}, a credential helper of git, or GIT_ASKPASS"
    if source.name:
        user, password = (one.format(_upper(source.name)) for one in _LOGIN_OF_NAME[0])
        return f"export {user} and {password}, or put {file}"
    return f"put {file}, or export PIP_EXTRA_INDEX_URL with the same URL and the credentials in it"


def _variable(text: str) -> str:
    return text.strip("${}")


def _upper(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def _of_name(name: str, environment: Mapping[str, str]) -> Credentials | None:
    for user, password in _LOGIN_OF_NAME:
        values = [environment.get(one.format(_upper(name)), "") for one in (user, password)]
        if any(values):
            return Credentials(*values)
    return None


def _of_url(url: str, environment: Mapping[str, str]) -> Credentials | None:
    wanted = urlsplit(url)
    for given in _given_urls(environment):
        if given.username and _place(given) == _place(wanted):
            return Credentials(unquote(given.username), unquote(given.password or ""))
    return None


def _place(url: SplitResult) -> tuple[str, str | None, int | None, str]:
    return url.scheme, url.hostname, url.port, url.path.rstrip("/")


def _given_urls(environment: Mapping[str, str]) -> Iterator[SplitResult]:
    for variable in URL_VARIABLES:
        for text in environment.get(variable, "").split():
            # uv allows `name=url`.
            yield urlsplit(re.sub(r"^[\w.-]+=", "", text))


def _of_netrc(url: str, environment: Mapping[str, str]) -> Credentials | None:
    path = Path(environment.get("NETRC") or Path(environment.get("HOME", ""), ".netrc"))
    host = urlsplit(url).hostname
    try:
        found = netrc.netrc(path).authenticators(host) if host and path.is_file() else None
    except (OSError, netrc.NetrcParseError):
        # git and pip ignore an unreadable file too. The message of the parser may hold what it could not read.
        return None
    return Credentials(found[0], found[2] or "") if found else None
