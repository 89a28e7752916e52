"""ECR: two private repositories with immutable tags."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.release.history import MAX_VERSIONS
from infra.release.image_tags import TAG_PREFIX as RELEASE_TAG_PREFIX

KEPT_RELEASES = 2 * MAX_VERSIONS
"""Twice the length of the release history: a rollback to its oldest release needs the images as long again.

Storage costs about 10 cents per GB and month."""
KEPT_UNRELEASED = 20
KEPT_UNTAGGED_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """Arguments of the registry."""

    key_arn: pulumi.Input[str]
    """Encrypts the image layers."""
    protect: bool
    """True makes Pulumi refuse deletion; False deletes the repositories with their images."""


class Registry(pulumi.ComponentResource):
    """Repositories `web` and `proxy`, scanned on push, and a token to push with."""

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
        # A function call rather than a resource: a token in the state would be expired in the next run.
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
    """Lifecycle policy: expires untagged images, images that were never released, and the oldest releases.

    ECR applies rules by priority, and a rule never expires an image that an earlier one matches.
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
