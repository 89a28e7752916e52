from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.release.record import ReleaseRecord, RolledBack
from ops.rollback.release_selection import by_number, newest, previous_release, rolled_back_tags
from tests.infra.release.records import RELEASE


def history(*entries: str) -> list[ReleaseRecord]:
    """`one two <one` is release one, release two, and a rollback to one. `two'` has the images of two."""
    releases: list[ReleaseRecord] = []
    for number, entry in enumerate(entries, start=1):
        rollback = entry.startswith("<")
        last = releases[-1] if releases else None
        rolled_back = None
        if rollback and last:
            rolled_back = last.rolled_back or RolledBack(number=last.number, tag=last.tag, sources="")
        releases.append(release(number, entry.lstrip("<"), "rollback" if rollback else "release", rolled_back))
    return releases


def release(number: int, tag: str, kind: str, rolled_back: RolledBack | None) -> ReleaseRecord:
    return replace(RELEASE, number=number, kind=kind, tag=tag, web_image=tag.rstrip("'"), rolled_back=rolled_back)


@pytest.mark.parametrize(
    ("entries", "running", "number"),
    [
        (["one", "two"], "two", 1),
        # New settings with the same images do not count.
        (["one", "two", "two"], "two", 1),
        # Nor do the same images under another tag.
        (["one", "two", "two'"], "two'", 1),
        # A second rollback goes further back, not back and forth.
        (["one", "two", "three", "<two"], "two", 1),
        (["one", "two", "three", "<two", "<one"], "one", None),
        # A release that was rolled back does not count after the next release either.
        (["one", "two", "<one", "three"], "three", 3),
        # A release that was deployed again counts again.
        (["one", "two", "<one", "two", "three"], "three", 4),
        (["one"], "one", None),
        # A rollback that was interrupted before its record.
        (["one", "two", "three"], "two", 2),
        # The running release is not on record.
        (["one", "two"], "broken", 2),
        # A `forward` that was interrupted.
        (["one", "two", "<one"], "two", 3),
    ],
)
def test_the_release_before_is_the_newest_with_other_images_that_was_not_rolled_back(
    entries: Sequence[str], running: str, number: int | None
) -> None:
    found = previous_release(history(*entries), running)
    assert (found.number if found else None) == number


@given(st.lists(st.sampled_from(["one", "two", "three", "<one", "<two", "<three"]), min_size=1))
def test_rolling_back_again_and_again_never_comes_to_the_same_release_twice(entries: list[str]) -> None:
    known = history(*entries)
    seen = {known[-1].tag}
    while target := previous_release(known, known[-1].tag):
        assert target.tag not in seen
        seen.add(target.tag)
        known.append(release(known[-1].number + 1, target.tag, "rollback", None))


def test_releases_are_found_by_number_and_by_tag() -> None:
    known = history("one", "two", "<one")
    assert by_number(known, 2) == known[1]
    assert by_number(known, 7) is None
    assert newest(known, "one") == known[2]
    assert newest(known, "nine") is None
    assert rolled_back_tags(known) == {"two"}
