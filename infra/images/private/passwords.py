"""Passwords in the URLs of the files that name an application's packages."""

import re
from collections.abc import Iterator
from pathlib import Path

from infra.images.private.model import VARIABLES
from infra.problem import Problem

_LOGIN = re.compile(r"(?P<scheme>[a-z][a-z+]*)://(?P<login>[^\s/@\"'<>]+)@(?P<host>[^\s/:\"']+)", re.I)
_TOKEN_LENGTH = 20
"""A user without a password of at least so many characters is a token, such as GitHub's and GitLab's."""


def without_login(url: str) -> tuple[str, str]:
    """A URL without user and password, and those two; the user of an SSH URL stays."""
    found = _LOGIN.match(url)
    if found is None or found["scheme"].lower().endswith("ssh"):
        return url, ""
    return f"{found['scheme']}://{url[found.start('host') :]}", found["login"]


def password_problems(folder: Path, files: list[str]) -> Iterator[Problem]:
    """One problem for each URL with a password or token. None of them is printed."""
    for name in files:
        for number, line in enumerate((folder / name).read_text().splitlines(), start=1):
            for found in _LOGIN.finditer(line):
                if _is_secret(found["scheme"], found["login"]):
                    yield _problem(name, number, found["host"])


def _is_secret(scheme: str, login: str) -> bool:
    user, _, password = (VARIABLES.sub("", part) for part in login.partition(":"))
    # A user alone may be public: `git` of SSH, an organization of Azure DevOps.
    return bool(password) or (not scheme.lower().endswith("ssh") and len(user) >= _TOKEN_LENGTH)


def _problem(name: str, number: int, host: str) -> Problem:
    rule = f"a URL of {host} holds a password or token, which images and everyone with the sources would get"
    fix = (
        f"write the URL without it, and revoke it. Credentials come from the environment: a line `machine {host} login "
        "… password …` in ~/.netrc, or the variables of docs/private-packages.md"
    )
    return Problem(f"{name}, line {number}", None, rule, fix)
