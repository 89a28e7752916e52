"""Show the DNS records that a stack replaced, and restore them (docs/move.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from rich.console import Console
from rich.markup import escape

from infra.dns.record_sets import RecordSet, alike, describe
from infra.dns.replaced_records import Name, Replaced, all_kept, current, give_back
from infra.naming import replaced_records_path
from ops import project
from ops.errors import UsageError
from ops.output import Confirm, table
from ops.stack import open_session


@dataclass(frozen=True)
class MovedName:
    """A name that a stack took over."""

    name: Name
    replaced: Replaced
    now: list[RecordSet]
    """Its records now."""

    @property
    def points_to(self) -> str:
        """`this stack`, `the server before`, or `another server`."""
        if alike(self.now, self.replaced.before):
            return "the server before"
        return "this stack" if alike(self.now, self.replaced.after) else "another server"

    def to_values(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "host": self.name.host,
            "hosted_zone": self.name.zone_id,
            "points_to": self.points_to,
            "now": self.now,
            "before": self.replaced.before,
        }


def find_moved(
    stack: str | None, project_name: str | None, region: str | None
) -> tuple[boto3.Session, list[MovedName]]:
    """The names that a stack took over, also of a stack that is destroyed. Raises UsageError when there are none.

    Without a stack's name it must be the only one of the project that took names over.
    """
    owner, wanted = project_name or project.name(), stack.rpartition("/")[2] if stack else None
    session = open_session(wanted, region)
    kept = all_kept(session, replaced_records_path(owner, wanted) if wanted else f"/{owner}")
    paths = sorted({name.path for name in kept})
    if not kept:
        subject = f"Stack {wanted}" if wanted else f"Project {owner}"
        raise UsageError(f"{subject} replaced no DNS records in region {session.region_name}.")
    if len(paths) > 1:
        names = "|".join(path.split("/")[2] for path in paths)
        raise UsageError(f"Several stacks of project {owner} replaced DNS records. Give --stack {names}.")
    return session, [MovedName(name, replaced, current(session, name)) for name, replaced in kept.items()]


def print_moved(names: Sequence[MovedName], screen: Console) -> None:
    """One row per name."""
    rows = [(escape(one.name.host), one.points_to, _text(one.now), _text(one.replaced.before)) for one in names]
    screen.print(table("Names that were taken over", ("name", "points to", "now", "before"), rows))


def restore(session: boto3.Session, names: Sequence[MovedName], confirm: Confirm) -> list[str]:
    """Restore the replaced records; return the hosts that changed.

    Each name changes in one batch, so it always resolves. Raises Refused without consent.
    """
    moved = [one for one in names if one.points_to != "the server before"]
    if moved:
        confirm(
            "\n".join(f"{_text(one.now)}\n  becomes {_text(one.replaced.before)}" for one in moved) + "\nChange them?"
        )
    return [one.name.host for one in moved if give_back(session, one.name, one.replaced.before)]


def chosen(names: Sequence[MovedName], hosts: Sequence[str]) -> list[MovedName]:
    """The names with these hosts, or all of them. Raises UsageError for an unknown one."""
    unknown = sorted(set(hosts) - {one.name.host for one in names})
    if unknown:
        known = ", ".join(sorted(one.name.host for one in names))
        raise UsageError(f"{', '.join(unknown)} was not taken over. Names that were: {known}.")
    return [one for one in names if not hosts or one.name.host in hosts]


def _text(records: Sequence[RecordSet]) -> str:
    return "; ".join(escape(describe(one)) for one in records) or "no record"
