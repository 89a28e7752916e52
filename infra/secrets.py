"""What the application must know and nobody may read: one secret, from which ECS takes each value by its key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import refused_changes
from infra.refused_changes import FALLBACKS_TAG, GENERATION_TAG
from infra.workload import SECRET_KEYS


@dataclass(frozen=True, kw_only=True)
class ApplicationSecretsArgs:
    """What the secret holds and who guards it."""

    key_arn: pulumi.Input[str]
    values: Mapping[str, pulumi.Input[str]]
    """Exactly the keys the containers name, infra/workload.py SECRET_KEYS."""
    generation: int
    fallbacks: int
    """Earlier keys of Django among the values."""
    protect: bool
    """True refuses deletion in Pulumi, and AWS keeps a deleted secret for 30 days; False deletes it at once."""


class ApplicationSecrets(pulumi.ComponentResource):
    """One JSON secret in Secrets Manager. Raises ValueError when its keys are not the ones the containers read."""

    secret_arn: pulumi.Output[str]
    version_id: pulumi.Output[str]
    """Part of every task definition, so that new values restart the tasks."""

    def __init__(self, name: str, args: ApplicationSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:ApplicationSecrets", name, None, opts)
        if set(args.values) != set(SECRET_KEYS):
            raise ValueError(
                f"{name}: the containers read {sorted(SECRET_KEYS)} (infra/workload.py SECRET_KEYS), "
                f"the secret would hold {sorted(args.values)}: make both lists equal"
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
                hooks=refused_changes.refusing(f"{name}-changes", refused_changes.secrets),
            ),
        )
        document: pulumi.Output[str] = pulumi.Output.secret(pulumi.Output.all(**args.values).apply(_document))
        version = aws.secretsmanager.SecretVersion(
            f"{name}-version",
            secret_id=secret.arn,
            secret_string=document,
            # Tasks of the release before name their version, and must be able to start while the next one rolls out.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        self.secret_arn = secret.arn
        self.version_id = version.version_id
        self.register_outputs({"secret_arn": self.secret_arn, "version_id": self.version_id})


def _document(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), sort_keys=True)
