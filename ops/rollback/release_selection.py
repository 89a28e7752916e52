"""Which release a rollback goes back to. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from infra.release.record import ReleaseRecord


def by_number(history: Sequence[ReleaseRecord], number: int) -> ReleaseRecord | None:
    """The release with this number."""
    return next((release for release in history if release.number == number), None)


def newest(history: Sequence[ReleaseRecord], tag: str) -> ReleaseRecord | None:
    """The newest release with this tag."""
    return next((release for release in reversed(history) if release.tag == tag), None)


def rolled_back_tags(history: Sequence[ReleaseRecord]) -> set[str]:
    """Tags of releases that were rolled back and not deployed again since."""
    tags: set[str] = set()
    for previous, release in pairwise(history):
        if release.kind == "rollback":
            tags.add(previous.tag)
        tags.discard(release.tag)
    return tags


def previous_release(history: Sequence[ReleaseRecord], running_tag: str) -> ReleaseRecord | None:
    """The target of `rollback` without a number: the newest release with other images than the running one.

    Images count, not tags: the same sources, deployed again later, have their first images under a new tag. Releases
    that were rolled back do not count, so two rollbacks go two releases back.

    When the service runs another release than the last on record, an earlier command was interrupted or the service
    was changed by hand. The target is then the running release, so that it gets on record, or the last release on
    record when the running one never was.
    """
    latest = history[-1]
    if running_tag != latest.tag:
        if latest.rolled_back and running_tag == latest.rolled_back.tag:
            return latest
        return newest(history, running_tag) or latest
    rejected = {running_tag, *rolled_back_tags(history)}
    images = {_images(release) for release in history if release.tag in rejected}
    return next((release for release in reversed(history) if _images(release) not in images), None)


def _images(release: ReleaseRecord) -> tuple[str, str]:
    return release.web_image, release.proxy_image
