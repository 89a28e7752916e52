"""A private package: of an index other than the default, or of a git repository."""

import re
from dataclasses import dataclass, field

from infra.problem import InputError, Problem

DEFAULT_HOSTS = frozenset({"pypi.org", "pypi.python.org"})
"""Hosts of the index that the build installs from."""
VARIABLES = re.compile(r"\$\{[A-Za-z0-9_]+\}|\$[A-Za-z_][A-Za-z0-9_]*")
"""Variables in the URLs of a requirements file and of a Pipfile."""


class PrivatePackagesError(InputError):
    """A package cannot be fetched, or a file holds a password. Nothing was built."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("Packages for the images cannot be fetched. No resource was touched.", problems)


@dataclass(frozen=True, kw_only=True)
class Index:
    """A package index other than the default."""

    url: str
    """Without credentials."""
    name: str = ""
    """As the project's file names it; credentials are found by it."""
    login: str = ""
    """`${USER}:${PASSWORD}`, when the project's file names variables in the URL."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A git repository with a package."""

    url: str
    """Without `git+`, credentials and reference."""
    reference: str = ""
    """Commit, tag or branch; empty for the default branch."""
    subdirectory: str = ""
    login: str = ""

    @property
    def pinned(self) -> bool:
        """Whether the reference is a commit."""
        return re.fullmatch(r"[0-9a-f]{40}", self.reference) is not None


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that may be private."""

    name: str
    """Normalized."""
    file: str
    """File of the application that names it."""
    indexes: tuple[Index, ...] = ()
    """In the order in which they are asked."""
    repository: Repository | None = None
    specifier: str = ""
    """Such as `==1.2` or `>=1`."""
    extras: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    """Such as `sha256:…`; empty without a lock that has them."""
    certain: bool = True
    """False when the default index may be meant: then a package that no other index has is left to the build."""
    locked: bool = True
    """Whether the file names every package. If not, what this one needs may come from its indexes too."""


@dataclass(frozen=True)
class Credentials:
    """Never printed."""

    user: str = field(repr=False)
    password: str = field(repr=False)
