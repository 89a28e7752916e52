from dataclasses import replace
from typing import Any

import pytest

from infra.release.image_retention import tag_images
from infra.release.reporting import ReleaseError
from tests.infra.release.fake_aws import FakeAws, refusal
from tests.infra.release.records import RELEASE

THIRD = replace(RELEASE, number=3)


@pytest.fixture
def aws() -> FakeAws:
    made = FakeAws()
    made.images = {("web", "sha256:aa"): ["aaaa-1"], ("proxy", "sha256:bb"): ["aaaa-1"]}
    return made


def test_both_images_get_the_releases_tag_beside_their_own(aws: FakeAws) -> None:
    tag_images(aws.session, THIRD)
    assert list(aws.images.values()) == [["aaaa-1", "release-3"], ["aaaa-1", "release-3"]]
    assert aws.asked("put_image")[0]["imageManifest"] == "manifest of sha256:aa"


def test_an_existing_tag_stays(aws: FakeAws) -> None:
    tag_images(aws.session, THIRD)
    tag_images(aws.session, THIRD)
    assert len(aws.asked("put_image")) == 2


def test_an_error_says_that_the_release_serves_and_what_to_do(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise refusal("AccessDenied")

    monkeypatch.setattr(aws, "put_image", refuse)
    with pytest.raises(ReleaseError, match=r"Release 3 serves and is on record, but its image registry/web@sha256:aa"):
        tag_images(aws.session, THIRD)
