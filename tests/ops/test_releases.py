import json
from dataclasses import replace

from infra.release.record import Withheld
from tests.ops.conftest import Ops
from tests.ops.stand import Stand


def test_the_newest_comes_first_with_what_is_to_be_said_of_each(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one", migrated=["core.0001_a", "core.0002_b", "core.0003_c"], snapshot="before-one")
    stand.deploy("two")
    stand.deploy("three")
    stand.withhold(replace(one, snapshot=None, migrated=[]), Withheld(number=3, tag="three"))
    ended = ops("releases")
    lines = [line.split() for line in ended.out.splitlines()[2:6]]
    assert [line[:2] for line in lines] == [["4", "current"], ["3", "withheld"], ["2", "release"], ["1", "release"]]
    assert lines[3][-1] == "3"
    assert ended.out.endswith("Before release 1: snapshot before-one\n")


def test_scripts_get_whole_records_with_their_state(stand: Stand, ops: Ops) -> None:
    for tag in ("one", "two", "three"):
        stand.deploy(tag)
    ops("rollback", "--yes")
    ops("rollback", "--yes")
    answer = json.loads(ops("releases", "--json").out)
    assert [(each["number"], each["state"]) for each in answer] == [
        (5, "current"),
        (4, "rolled back"),
        (3, "withheld"),
        (2, "rolled back"),
        (1, None),
    ]
    assert answer[0]["withheld"] == {"number": 3, "tag": "three", "sources": ""}


def test_a_stack_without_a_release_has_an_empty_list_for_scripts(stand: Stand, ops: Ops) -> None:
    ended = ops("releases", "--json")
    assert (ended.code, json.loads(ended.out)) == (0, [])
    assert "no release yet" in ops.refused(["releases"], 1)
