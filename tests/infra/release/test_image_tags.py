"""Tags of recorded releases on images. ECR is in memory."""

from dataclasses import replace

import pytest

from infra.release.image_tags import tag_images
from infra.release.reporting import ReleaseError
from tests.infra.release.fake_aws import RELEASE, FakeAws, refuse

THIRD = replace(RELEASE, number=3)


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    aws.images = {("web", "sha256:aa"): ["aaaa-1"], ("proxy", "sha256:bb"): ["aaaa-1"]}
    return aws


def test_both_images_get_the_releases_tag_beside_their_own_once(aws: FakeAws) -> None:
    for _ in range(2):
        tag_images(aws.session, THIRD)
    assert list(aws.images.values()) == [["aaaa-1", "release-3"], ["aaaa-1", "release-3"]]
    assert [one["imageManifest"] for one in aws.asked("put_image")] == [
        "manifest of sha256:aa",
        "manifest of sha256:bb",
    ]


def test_an_error_says_that_the_release_serves_and_what_to_do(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "put_image", refuse)
    with pytest.raises(ReleaseError, match=r"Release 3 serves and is on record, but its image registry/web@sha256:aa"):
        tag_images(aws.session, THIRD)
