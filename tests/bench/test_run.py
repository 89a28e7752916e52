"""One part, several, or all: in the order in which they disturb each other least."""

import pytest

from bench.catalog import PARTS
from bench.run import chosen
from local.runtime import UsageError


def test_all_parts_unless_some_are_named():
    assert chosen([]) == PARTS
    assert chosen(["stop", "images"]) == ("images", "stop")
    assert chosen(["stop,images"]) == ("images", "stop")


def test_peers_are_all_but_the_everyday_commands():
    assert chosen(["peers"]) == tuple(part for part in PARTS if part != "everyday")
    assert chosen(["peers", "everyday"]) == PARTS


def test_a_part_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(UsageError, match=r"bench speed: no such part. There are images, serving"):
        chosen(["speed", "stop"])
