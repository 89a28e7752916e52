import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_cloud.agents.ecr.lifecycle_policy import StoredImage, expired
from infra.images.registry import Registry, RegistryArgs, lifecycle_policy
from infra.release import history, image_tags

NAMES = ("registry-web", "registry-proxy")


def registry(*, protect: bool = True) -> Registry:
    return Registry("registry", RegistryArgs(key_arn="key-arn", protect=protect))


@pytest.mark.parametrize("protect", [True, False])
def test_repositories_are_encrypted_and_protected_with_the_stack(engine: Any, protect: bool) -> None:
    engine.run(lambda: registry(protect=protect))
    for name in NAMES:
        inputs = engine.one("ecr/repository:Repository", name)
        assert inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": "key-arn"}]
        assert inputs["forceDelete"] is not protect
        assert engine.options("ecr/repository:Repository", name).protect is protect


def test_the_token_to_push_with_is_fresh_and_secret(engine: Any) -> None:
    found = engine.run(lambda: pulumi.Output.all(secret=registry().password.is_secret(), name=registry().username))
    assert found == {"secret": True, "name": "AWS"}
    assert next(call.token for call in engine.calls) == "aws:ecr/getAuthorizationToken:getAuthorizationToken"


def test_every_repository_expires_images_but_those_of_recorded_releases(engine: Any) -> None:
    engine.run(registry)
    policies = engine.all("ecr/lifecyclePolicy:LifecyclePolicy")
    assert [json.loads(policy.inputs["policy"]) for policy in policies] == [json.loads(lifecycle_policy())] * 2
    # No later rule expires an image that the first one matches.
    releases, untagged, unreleased = json.loads(lifecycle_policy())["rules"]
    assert releases["selection"]["tagPatternList"] == [f"{image_tags.TAG_PREFIX}*"]
    assert releases["selection"]["countNumber"] >= 2 * history.MAX_VERSIONS
    assert untagged["selection"]["tagStatus"] == "untagged"
    # ECR requires that `any` comes last.
    assert unreleased["selection"]["tagStatus"] == "any"
    assert releases["rulePriority"] < untagged["rulePriority"] < unreleased["rulePriority"]


_TAGS = st.frozensets(st.sampled_from(["release-1", "release-22", "v1", "v2", "latest"]), max_size=3)
_IMAGES = st.lists(st.tuples(st.integers(0, 400), _TAGS), max_size=300)


@given(_IMAGES)
def test_the_policy_never_expires_the_images_of_the_last_100_releases(pushed: list[tuple[int, frozenset[str]]]) -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    images = [StoredImage(str(i), tags, now - timedelta(days=days)) for i, (days, tags) in enumerate(pushed)]
    releases = [image for image in images if any(tag.startswith("release-") for tag in image.tags)]
    youngest = sorted(releases, key=lambda image: (image.pushed_at, image.digest), reverse=True)[:100]
    assert not set(expired(lifecycle_policy(), images, now)) & {image.digest for image in youngest}
