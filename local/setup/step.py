"""One thing the machine must have before the job can start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from local.runtime import OperatorError


class SetupError(OperatorError):
    """Set-up cannot go on: the message says what is missing and how to get it."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a step is about to do."""

    what: str
    """The missing thing, in a few words."""
    how: str
    """Where it comes from."""
    seconds: int
    """How long it takes on two cores, about."""


Say = Callable[[str], None]
"""Tells the operator, in a few words, what a step is doing now."""


class Step(Protocol):
    """Re-runnable: `make` may have been killed at any point before."""

    @property
    def name(self) -> str:
        """Short; names the log file."""

    @property
    def after(self) -> tuple[str, ...]:
        """Steps that must be done before this one is made."""

    def missing(self) -> Need | None:
        """None when there is nothing to do. Fast, changes nothing. Raises SetupError if it can never work here."""

    def make(self, say: Say) -> None:
        """Do it. Raises SetupError."""
