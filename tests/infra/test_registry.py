import json
from typing import Any

import pulumi
import pytest

from infra.registry import Registry, RegistryArgs, lifecycle_policy
from infra.release import kept_images, record


def registry(*, protect: bool = True) -> Registry:
    return Registry("registry", RegistryArgs(key_arn="key-arn", protect=protect))


@pytest.mark.parametrize("name", ["registry-web", "registry-proxy"])
def test_tags_never_move_and_layers_are_scanned_and_encrypted_with_the_stacks_key(engine: Any, name: str) -> None:
    engine.run(registry)
    inputs = engine.one("ecr/repository:Repository", name)
    assert inputs["imageTagMutability"] == "IMMUTABLE"
    assert inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    assert inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": "key-arn"}]


@pytest.mark.parametrize("protect", [True, False])
def test_images_go_with_the_stack_only_when_it_is_not_protected(engine: Any, protect: bool) -> None:
    engine.run(lambda: registry(protect=protect))
    forced = [repository.inputs["forceDelete"] for repository in engine.all("ecr/repository:Repository")]
    assert forced == [not protect] * 2
    for name in ("registry-web", "registry-proxy"):
        assert engine.options("ecr/repository:Repository", name).protect is protect


def test_the_token_to_push_with_is_fresh_and_secret(engine: Any) -> None:
    found = engine.run(lambda: pulumi.Output.all(secret=registry().password.is_secret(), name=registry().username))
    assert found == {"secret": True, "name": "AWS"}
    assert next(call.token for call in engine.calls) == "aws:ecr/getAuthorizationToken:getAuthorizationToken"


def test_every_repository_has_the_rules(engine: Any) -> None:
    engine.run(registry)
    policies = engine.all("ecr/lifecyclePolicy:LifecyclePolicy")
    assert [json.loads(policy.inputs["policy"]) for policy in policies] == [json.loads(lifecycle_policy())] * 2


def test_an_image_on_record_is_matched_by_the_first_rule_so_no_later_one_expires_it() -> None:
    releases, leftovers, unreleased = json.loads(lifecycle_policy())["rules"]
    assert releases["selection"]["tagPatternList"] == [f"{kept_images.TAG_PREFIX}*"]
    assert releases["selection"]["countNumber"] >= 2 * record.KEPT
    assert leftovers["selection"]["tagStatus"] == "untagged"
    # ECR evaluates `any` last, or it would refuse the policy.
    assert unreleased["selection"]["tagStatus"] == "any"
    assert releases["rulePriority"] < leftovers["rulePriority"] < unreleased["rulePriority"]
