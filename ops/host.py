"""What a rollback and `status` ask of the hosting that a release runs on; one class for each kind answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rich.console import ConsoleRenderable

from infra.release.record import Release
from infra.release.release_state import ReleaseState

Tell = Callable[[str], None]

UNPREPARED = (
    "The release could not be prepared, which is no reason to stay with the bad one; static files of a release long "
    "ago may be missing"
)
"""Of a rollback: what was prepared for it in its time is mostly there still."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """What was asked for last."""

    tag: str
    settled: bool
    """Whether it serves, and nothing is under way."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """A release with the settings and secrets of now, ready to run: task definitions, or a document's key."""

    web: str
    migration: str
    architecture: str
    """What its images are built for; empty when nobody knows."""


class Host(Protocol):
    """One stack's hosting, as it was when this was made. Methods raise Refused, OpsError or ReleaseError."""

    def running(self) -> Running:
        """What was asked for last."""

    def refuse_concurrent(self, *, joined: bool) -> None:
        """Raise Refused while somebody deploys, unless this run joins that to end what an earlier one began."""

    def names(self, target: Release) -> Names:
        """Make the target ready to run with the settings and secrets of now; nothing runs yet."""

    def state(self, names: Names) -> ReleaseState:
        """What the target's image and the database know of each other."""

    def roll_out(self, names: Names, tell: Tell) -> None:
        """Prepare it and let it serve, with the verdict of `pulumi up`.

        Raises Refused when somebody else deployed meanwhile.
        """


class HostStatus(Protocol):
    """How one stack's hosting is."""

    @property
    def in_progress(self) -> bool:
        """Whether a rollout is going on."""

    def attention(self) -> Iterator[str]:
        """What needs a person."""

    def tables(self) -> Iterator[ConsoleRenderable]:
        """All of it, for people."""

    def for_scripts(self) -> Mapping[str, Any]:
        """All of it, in plain values."""


History = Sequence[Release]
