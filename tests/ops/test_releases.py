"""The list of releases, and which of them a rollback goes back to."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.release.record import ReleaseRecord, RolledBack
from ops.rollback.release_selection import by_number, newest, previous_release, rolled_back_tags
from tests.infra.release.fake_aws import RELEASE
from tests.ops.conftest import Ops
from tests.ops.fixtures import DeployedStack


def test_the_newest_comes_first_with_its_state(stack: DeployedStack, ops: Ops) -> None:
    one = stack.deploy("one", migrated=["core.0001_a", "core.0002_b", "core.0003_c"], snapshot="before-one")
    stack.deploy("two")
    stack.deploy("three")
    stack.roll_back(replace(one, snapshot=None, migrated=[]), RolledBack(number=3, tag="three", sources="f0"))
    ended = ops("releases")
    lines = [line.split() for line in ended.out.splitlines()[2:6]]
    assert [line[:2] for line in lines] == [["4", "current"], ["3", "rolled"], ["2", "release"], ["1", "release"]]
    assert lines[3][-1] == "3"
    assert "Before release 1: snapshot before-one\n" in ended.out
    assert ended.out.endswith("`python -m ops forward` deploys release 3 again.\n")


def test_scripts_get_whole_records_with_their_state(stack: DeployedStack, ops: Ops) -> None:
    for tag in ("one", "two", "three"):
        stack.deploy(tag)
    ops("rollback", "--yes")
    ops("rollback", "--yes")
    answer = json.loads(ops("releases", "--json").out)
    assert [(each["number"], each["state"]) for each in answer] == [
        (5, "current"),
        (4, "rolled back"),
        (3, "rolled back"),
        (2, "rolled back"),
        (1, None),
    ]
    assert answer[0]["withheld"] == {"number": 3, "tag": "three", "sources": "f0"}


def test_a_stack_without_a_release_has_an_empty_list_in_json(stack: DeployedStack, ops: Ops) -> None:
    ended = ops("releases", "--json")
    assert (ended.code, json.loads(ended.out)) == (0, [])
    assert "no release yet" in ops.refused(["releases"], 1)


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
