from dataclasses import replace

import pytest

from infra.release.record import Withheld
from infra.release.shipped import Shipped, shipped
from tests.infra.release.test_completion import RELEASE

SOURCES = {"web_image": "registry/web@sha256:cc", "proxy_image": "registry/proxy@sha256:dd", "tag": "cccc-1"}
OWN = Shipped(**SOURCES, revision="later", withheld=None)


def test_the_first_release_is_that_of_the_sources() -> None:
    assert shipped(latest=None, revision="later", **SOURCES) == OWN


def test_so_is_every_one_that_nobody_rolled_back() -> None:
    assert shipped(latest=RELEASE, revision="later", **SOURCES) == OWN


@pytest.mark.parametrize("tag", ["cccc-1", "cccc-2"])
def test_what_was_rolled_back_is_not_brought_back_by_the_same_sources(tag: str) -> None:
    """Nor under another tag, which they get when others were tried in between."""
    withheld = Withheld(number=7, tag=tag)
    latest = replace(RELEASE, kind="rollback", withheld=withheld)
    assert shipped(latest=latest, revision="later", **SOURCES) == Shipped(
        web_image=RELEASE.web_image,
        proxy_image=RELEASE.proxy_image,
        tag=RELEASE.tag,
        revision=RELEASE.revision,
        withheld=withheld,
    )


def test_changed_sources_go_out_after_a_rollback() -> None:
    latest = replace(RELEASE, kind="rollback", withheld=Withheld(number=7, tag="bbbb-1"))
    assert shipped(latest=latest, revision="later", **SOURCES) == OWN
