"""The parts of a run: all, several or one, in a fixed order."""

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


def test_an_unknown_part_is_refused_with_the_list_of_parts():
    with pytest.raises(UsageError, match=r"bench speed: no such part. Choose from images, serving"):
        chosen(["speed", "stop"])
