"""The application's secret in Secrets Manager: one JSON document, from which ECS injects values by key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.data.change_guards import FALLBACKS_TAG, GENERATION_TAG, change_guard, generation_problems
from infra.ecs.containers import SECRET_KEYS


@dataclass(frozen=True, kw_only=True)
class ApplicationSecretsArgs:
    """Arguments of the application's secret."""

    key_arn: pulumi.Input[str]
    values: Mapping[str, pulumi.Input[str]]
    """A value for each of SECRET_KEYS (infra/ecs/containers.py)."""
    generation: int
    fallbacks: int
    """How many earlier SECRET_KEYs the values hold."""
    protect: bool
    """True makes Pulumi refuse deletion and gives a recovery window of 30 days; False deletes immediately."""


class ApplicationSecrets(pulumi.ComponentResource):
    """The secret and its current version. Raises ValueError when its keys differ from those the containers read."""

    secret_arn: pulumi.Output[str]
    version_id: pulumi.Output[str]
    """Part of every task definition, so that new values deploy new tasks."""

    def __init__(self, name: str, args: ApplicationSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:ApplicationSecrets", name, None, opts)
        if set(args.values) != set(SECRET_KEYS):
            raise ValueError(
                f"{name}: the containers read {sorted(SECRET_KEYS)} (infra/ecs/containers.py SECRET_KEYS), "
                f"but the secret has {sorted(args.values)}: make both lists equal"
            )
        secret = aws.secretsmanager.Secret(
            f"{name}-application",
            description="What the application's containers read at start",
            kms_key_id=args.key_arn,
            recovery_window_in_days=30 if args.protect else 0,
            tags={GENERATION_TAG: str(args.generation), FALLBACKS_TAG: str(args.fallbacks)},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=change_guard(f"{name}-changes", generation_problems),
            ),
        )
        document: pulumi.Output[str] = pulumi.Output.secret(pulumi.Output.all(**args.values).apply(_document))
        version = aws.secretsmanager.SecretVersion(
            f"{name}-version",
            secret_id=secret.arn,
            secret_string=document,
            # Tasks of the previous release read their own version, and may start during the rollout of the next one.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        self.secret_arn = secret.arn
        self.version_id = version.version_id
        self.register_outputs({"secret_arn": self.secret_arn, "version_id": self.version_id})


def _document(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), sort_keys=True)
