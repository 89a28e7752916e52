"""Each choice of a peer names the file that makes it, at a commit."""

import re

import pytest

from bench import peers

LOADED = peers.load()


def test_every_folder_but_the_common_base_is_a_peer():
    folders = {path.name for path in peers.FOLDER.iterdir() if path.is_dir()}
    assert folders - {"base"} == set(LOADED)


@pytest.mark.parametrize("peer", LOADED.values(), ids=LOADED)
def test_every_peer_names_its_source_and_choices(peer):
    assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", peer.source)
    assert re.fullmatch(r"[0-9a-f]{40}", peer.commit)
    assert peer.choices
    assert all(file and choice for part in peer.choices.values() for file, choice in part.items())


@pytest.mark.parametrize("peer", LOADED.values(), ids=LOADED)
def test_every_part_of_a_peer_has_its_files(peer):
    assert peer.has_image == ("image" in peer.choices)
    if peer.serving is not None:
        assert peer.serving.command
        assert (peer.folder / "nginx.conf").exists()
    if peer.start is not None:
        assert peer.has_image


def test_configured_wait_is_one_or_all_checks_and_the_whole_drain():
    waits = {name: peer.rollout.configured_wait_seconds for name, peer in LOADED.items() if peer.rollout}
    assert waits == {"cdk": (330, 450), "copilot": (90, 210), "testdriven": (305, 325)}
