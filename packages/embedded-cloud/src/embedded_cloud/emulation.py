"""What a service does in an embedded cloud, and the table of all services that documents show.

A module of `providers` declares it as EMULATION, beside the entries that it is about.
"""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded_cloud.providers.catalog import PACKAGES, modules, resource_types

BEGIN, END = "<!-- services -->", "<!-- end of services -->"
"""Lines of a document between which the table stands."""
HEAD = ("service", "acts", "is only stored", "is refused")


@dataclass(frozen=True, kw_only=True)
class Emulation:
    """One service, in phrases of the table."""

    service: str
    types: str
    """Beginnings of the tokens of its resource types, separated by spaces."""
    acts: Sequence[str] = ()
    stored: Sequence[str] = ()
    """Parts of what acts. Whole types without an effect are added by themselves."""
    refused: Sequence[str] = ()
    """What AWS takes, or refuses and an emulation might not."""

    def owns(self, token: str) -> bool:
        return token.startswith(tuple(self.types.split()))


def emulations() -> list[Emulation]:
    """Return the declarations of all modules, by the name of the service."""
    return sorted(_declared(), key=lambda one: one.service.lower())


def _declared() -> Iterator[Emulation]:
    for package in PACKAGES:
        for name in modules(f"embedded_cloud.providers.{package}"):
            found = getattr(importlib.import_module(name), "EMULATION", None)
            if found is not None:
                yield found


def stored_types(one: Emulation) -> list[str]:
    """Return the names of a service's resource types that nothing acts on."""
    return [kind.token.rpartition(":")[2] for kind in resource_types() if one.owns(kind.token) and not kind.effect]


def table() -> str:
    """Return the table of services in Markdown."""
    rows = [HEAD, tuple("---" for _ in HEAD), *(_row(one) for one in emulations())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _row(one: Emulation) -> tuple[str, ...]:
    types = [f"`{name}`" for name in stored_types(one)]
    stored = [*one.stored, *([f"the {'types' if len(types) > 1 else 'type'} {', '.join(types)}"] if types else [])]
    return (one.service, *("; ".join(phrases) for phrases in (one.acts, stored, one.refused)))


def with_table(document: str) -> str:
    """Return a document with the present table between its two lines. Raises ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table()}{END}{after}"


def write(paths: Sequence[Path]) -> None:
    for path in paths:
        path.write_text(with_table(path.read_text()))
