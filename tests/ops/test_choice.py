from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.release.record import Release, Withheld
from ops.choice import before, by_number, newest, undone


def history(*entries: str) -> list[Release]:
    """`one two <one` is: release one, release two, rollback to one, which withholds two. `two'` has two's images."""
    releases: list[Release] = []
    for number, entry in enumerate(entries, start=1):
        rollback = entry.startswith("<")
        last = releases[-1] if releases else None
        withheld = (last.withheld or Withheld(number=last.number, tag=last.tag)) if rollback and last else None
        releases.append(release(number, entry.lstrip("<"), "rollback" if rollback else "release", withheld))
    return releases


def release(number: int, tag: str, kind: str, withheld: Withheld | None) -> Release:
    names = ("proxy_image", "task_definition", "migration_task_definition", "region", "cluster", "service")
    rest: dict[str, Any] = dict.fromkeys((*names, "secret_arn", "log_group", "database", "revision", "at"), "")
    return Release(number=number, kind=kind, tag=tag, web_image=tag.rstrip("'"), withheld=withheld, **rest)


@pytest.mark.parametrize(
    ("entries", "running", "number"),
    [
        (["one", "two"], "two", 1),
        # New settings with the same images are no release to go back to.
        (["one", "two", "two"], "two", 1),
        # Nor are the same images under another tag.
        (["one", "two", "two'"], "two'", 1),
        # A second rollback goes further back, not back and forth.
        (["one", "two", "three", "<two"], "two", 1),
        (["one", "two", "three", "<two", "<one"], "one", None),
        # What was rolled back from stays out of question after the next release.
        (["one", "two", "<one", "three"], "three", 3),
        # What was brought forward again counts again.
        (["one", "two", "<one", "two", "three"], "three", 4),
        (["one"], "one", None),
        # Cut off after the service was given the release, before the record.
        (["one", "two", "three"], "two", 2),
        # What runs was never good.
        (["one", "two"], "broken", 2),
        # A forward that was cut off.
        (["one", "two", "<one"], "two", 3),
    ],
)
def test_the_release_before_is_the_newest_other_one_that_nobody_undid(
    entries: Sequence[str], running: str, number: int | None
) -> None:
    found = before(history(*entries), running)
    assert (found.number if found else None) == number


@given(st.lists(st.sampled_from(["one", "two", "three", "<one", "<two", "<three"]), min_size=1))
def test_rolling_back_again_and_again_never_comes_to_the_same_release_twice(entries: list[str]) -> None:
    known = history(*entries)
    seen = {known[-1].tag}
    while target := before(known, known[-1].tag):
        assert target.tag not in seen
        seen.add(target.tag)
        known.append(release(known[-1].number + 1, target.tag, "rollback", None))


def test_releases_are_found_by_number_and_by_tag() -> None:
    known = history("one", "two", "<one")
    assert by_number(known, 2) == known[1]
    assert by_number(known, 7) is None
    assert newest(known, "one") == known[2]
    assert newest(known, "nine") is None
    assert undone(known) == {"two"}
