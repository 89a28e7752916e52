"""What a part of the settings is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_hosting.application import Application
from django_hosting.environment import Environment

Settings = Mapping[str, Any]


REMOVED = object()
"""Value of a setting that is taken away."""


class Kept(Exception):  # noqa: N818 - no error: the project has decided by itself
    """The part stays as the project has it; the message is the reason."""


@dataclass(frozen=True)
class Context:
    """The application, and the variables of this process."""

    application: Application
    environment: Environment


def added(entries: Any, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> list[str]:
    """Return a list of dotted names with more of them, each where the project has it already, else at an end."""
    own = list(entries or ())
    return [
        *(name for name in before if name not in own),
        *own,
        *(name for name in after if name not in own),
    ]
