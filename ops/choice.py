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
    """What `rollback` without a number means: the newest release with other images than the running one.

    The same sources, deployed again after others, have the images of their first time under a new tag. What was
    rolled back from does not come into question: two rollbacks go two releases back. When something else runs than
    the last release on record, a rollback was cut off or somebody changed the service by hand: then it is the release
    that runs, to put it on record, or the last good one when what runs never was on record.
    """
    latest = history[-1]
    if running_tag != latest.tag:
        withheld = latest.withheld.tag if latest.withheld else None
        if running_tag == withheld:
            return latest
        return newest(history, running_tag) or latest
    rejected = {running_tag, *undone(history)}
    images = {_images(release) for release in history if release.tag in rejected}
    return next((release for release in reversed(history) if _images(release) not in images), None)


def _images(release: Release) -> tuple[str, str]:
    return release.web_image, release.proxy_image


def newest(history: Sequence[Release], tag: str) -> Release | None:
    """The newest release with that tag."""
    return next((release for release in reversed(history) if release.tag == tag), None)
