import json
from dataclasses import replace

from infra.release.record import RolledBack
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
