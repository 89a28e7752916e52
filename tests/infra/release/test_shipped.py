from dataclasses import replace

import pytest

from infra.release.errors import ReleaseError
from infra.release.record import Withheld
from infra.release.shipped import Shipped, shipped
from tests.infra.release.test_completion import RELEASE

OWN = Shipped(
    web_image="registry/web@sha256:cc",
    proxy_image="registry/proxy@sha256:dd",
    tag="cccc-1",
    revision="later",
    sources="f1",
    architecture="arm64",
)
SERVES = replace(RELEASE, kind="rollback", sources="f0", architecture="arm64")
KEPT = Shipped(
    web_image=RELEASE.web_image,
    proxy_image=RELEASE.proxy_image,
    tag=RELEASE.tag,
    revision=RELEASE.revision,
    sources="f0",
    architecture="arm64",
)


def test_the_first_release_is_that_of_the_sources() -> None:
    assert shipped(OWN, None) == OWN


def test_so_is_every_one_that_nobody_rolled_back() -> None:
    assert shipped(OWN, RELEASE) == OWN


@pytest.mark.parametrize("tag", ["cccc-1", "cccc-2"])
def test_what_was_rolled_back_is_not_brought_back_by_the_same_sources(tag: str) -> None:
    """Nor under another tag, which they get when others were tried in between. Older records know the tag only."""
    withheld = Withheld(number=7, tag=tag)
    assert shipped(OWN, replace(SERVES, withheld=withheld)) == replace(KEPT, withheld=withheld)


def test_nor_is_it_when_a_setting_has_them_built_anew() -> None:
    """On another base image, say: then the whole tag is another."""
    withheld = Withheld(number=7, tag="bbbb-1", sources="f1")
    assert shipped(OWN, replace(SERVES, withheld=withheld)) == replace(KEPT, withheld=withheld)


def test_changed_sources_go_out_after_a_rollback() -> None:
    for sources in ("", "f2"):
        assert shipped(OWN, replace(SERVES, withheld=Withheld(number=7, tag="bbbb-1", sources=sources))) == OWN


def test_a_setting_that_was_rolled_back_is_mended_by_another_setting() -> None:
    """What serves has the same sources: only the base image that came with release 7 is withheld."""
    undone = replace(SERVES, sources="f1", withheld=Withheld(number=7, tag="bbbb-1", sources="f1"))
    assert shipped(OWN, undone) == OWN
    assert shipped(replace(OWN, tag="bbbb-2"), undone).tag == RELEASE.tag


def test_sources_that_no_record_knows_are_not_taken_for_the_same() -> None:
    own, latest = replace(OWN, sources=""), replace(SERVES, sources="f0", withheld=Withheld(number=7, tag="bbbb-1"))
    assert shipped(own, latest) == own


def test_what_stays_is_not_given_to_tasks_of_another_architecture() -> None:
    latest = replace(SERVES, architecture="x86_64", withheld=Withheld(number=7, tag="cccc-1"))
    with pytest.raises(ReleaseError, match=r"is built for x86_64, not arm64\..*architecture x86_64.*ops forward"):
        shipped(OWN, latest)
    unknown = replace(latest, architecture="")
    assert shipped(OWN, unknown).architecture == "arm64"


def test_the_release_that_is_placed_knows_its_sources_and_architecture() -> None:
    where = {"task_definition": "w:1", "migration_task_definition": "m:1", "region": "us-east-1", "cluster": "c"}
    placed = OWN.placed(**where, service="s", secret_arn="a", log_group="l", database="d")
    assert (placed.sources, placed.architecture, placed.tag) == ("f1", "arm64", "cccc-1")
