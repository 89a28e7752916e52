"""Which release to go back to. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from infra.release.record import Release


def by_number(history: Sequence[Release], number: int) -> Release | None:
    """The release of that number."""
    return next((release for release in history if release.number == number), None)


def undone(history: Sequence[Release]) -> set[str]:
    """Tags that somebody rolled back from, and that were not brought back since."""
    tags: set[str] = set()
    for previous, release in pairwise(history):
        if release.kind == "rollback":
            tags.add(previous.tag)
        tags.discard(release.tag)
    return tags


def before(history: Sequence[Release], running_tag: str) -> Release | None:
    """What `rollback` without a number means: the newest release with another tag than the running one.

    What was rolled back from does not come into question: two rollbacks go two releases back. When something else
    runs than the last release on record, a rollback was cut off or somebody changed the service by hand: then it is
    the release that runs, to put it on record, or the last good one when what runs never was on record.
    """
    latest = history[-1]
    if running_tag != latest.tag:
        withheld = latest.withheld.tag if latest.withheld else None
        if running_tag == withheld:
            return latest
        return newest(history, running_tag) or latest
    rejected = {running_tag, *undone(history)}
    return next((release for release in reversed(history) if release.tag not in rejected), None)


def newest(history: Sequence[Release], tag: str) -> Release | None:
    """The newest release with that tag."""
    return next((release for release in reversed(history) if release.tag == tag), None)
