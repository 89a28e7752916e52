import json
from dataclasses import asdict, replace

import pytest

from infra.machine.document import Known, release_document
from infra.machine.earlier_release import with_images
from tests.infra.machine.fake_machine import ON_FARGATE
from tests.infra.machine.test_document import KNOWN, SITE

EARLIER = replace(
    ON_FARGATE,
    web_image="other-registry/web@sha256:e1",
    proxy_image="other-registry/proxy@sha256:e2",
    tag="e0e0",
)


def rendered(**changed: str) -> str:
    images = {"web_image": "registry/web@sha256:aa", "proxy_image": "registry/proxy@sha256:bb"}
    return release_document(SITE, Known(**{**asdict(KNOWN), **images, **changed}))


def test_it_is_byte_for_byte_what_an_update_would_render_for_these_images() -> None:
    images = {"web_image": EARLIER.web_image, "proxy_image": EARLIER.proxy_image}
    assert with_images(rendered(), EARLIER) == rendered(**images, tag="e0e0")


def test_the_same_release_stays_as_it_is() -> None:
    same = replace(EARLIER, web_image="registry/web@sha256:aa", proxy_image="registry/proxy@sha256:bb", tag=KNOWN.tag)
    assert with_images(rendered(), same) == rendered()


def test_an_image_of_another_repository_is_refused() -> None:
    document = json.loads(rendered())
    with pytest.raises(ValueError, match=r"container (migrate|web) runs registry/web@sha256:aa"):
        with_images(json.dumps(document), replace(EARLIER, web_image="registry/site@sha256:cc"))
