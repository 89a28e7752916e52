"""Where the images are kept: two private ECR repositories whose tags never move."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.release.kept_images import TAG_PREFIX as RELEASE_TAG_PREFIX
from infra.release.record import KEPT

KEPT_RELEASES = 2 * KEPT
"""The record's length, twice: what is rolled back to when it is about to leave the record stays on it as long again.

About 10 cents per GB and month."""
KEPT_UNRELEASED = 20
KEPT_UNTAGGED_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """What the registry needs from the rest of the stack."""

    key_arn: pulumi.Input[str]
    """Encrypts the layers."""
    protect: bool
    """True refuses deletion in Pulumi; False lets `pulumi destroy` delete repositories that still hold images."""


class Registry(pulumi.ComponentResource):
    """Repositories `web` and `proxy`: immutable tags, scanned on push, and a fresh token to push with."""

    web_url: pulumi.Output[str]
    proxy_url: pulumi.Output[str]
    web_arn: pulumi.Output[str]
    proxy_arn: pulumi.Output[str]
    username: pulumi.Output[str]
    password: pulumi.Output[str]
    """Secret; valid for 12 hours."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Registry", name, None, opts)
        web = self._repository(f"{name}-web", args)
        proxy = self._repository(f"{name}-proxy", args)
        # Asked in every run: a token kept in the state would have expired by the next one.
        token = aws.ecr.get_authorization_token_output(
            registry_id=web.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )

        self.web_url, self.proxy_url = web.repository_url, proxy.repository_url
        self.web_arn, self.proxy_arn = web.arn, proxy.arn
        self.username = token.user_name
        self.password = pulumi.Output.secret(token.password)
        self.register_outputs({"web_url": self.web_url, "proxy_url": self.proxy_url})

    def _repository(self, name: str, args: RegistryArgs) -> aws.ecr.Repository:
        child = pulumi.ResourceOptions(parent=self)
        repository = aws.ecr.Repository(
            name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.key_arn}],
            force_delete=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.ecr.LifecyclePolicy(f"{name}-lifecycle", repository=repository.name, policy=lifecycle_policy(), opts=child)
        return repository


def lifecycle_policy() -> str:
    """Drops what no rollback names: leftovers without a tag, images that never served, releases beyond the record's.

    Rules are tried by priority, and no later one expires an image that an earlier one matches.
    """
    rules = [
        _rule(
            1,
            f"the last {KEPT_RELEASES} releases stay for rollbacks",
            {"tagStatus": "tagged", "tagPatternList": [f"{RELEASE_TAG_PREFIX}*"]},
            {"countType": "imageCountMoreThan", "countNumber": KEPT_RELEASES},
        ),
        _rule(
            2,
            f"untagged layers after {KEPT_UNTAGGED_DAYS} days",
            {"tagStatus": "untagged"},
            {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": KEPT_UNTAGGED_DAYS},
        ),
        _rule(
            3,
            f"the last {KEPT_UNRELEASED} images that were built and never served",
            {"tagStatus": "any"},
            {"countType": "imageCountMoreThan", "countNumber": KEPT_UNRELEASED},
        ),
    ]
    return json.dumps({"rules": rules})


def _rule(priority: int, description: str, images: dict[str, Any], count: dict[str, Any]) -> dict[str, Any]:
    return {
        "rulePriority": priority,
        "description": description,
        "selection": {**images, **count},
        "action": {"type": "expire"},
    }
