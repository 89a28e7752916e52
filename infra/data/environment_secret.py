"""The secret with the variables of `secretEnvironment` and the URLs of the cache, which ECS injects by key."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.secrets.reference import SecretReference


@dataclass(frozen=True, kw_only=True)
class EnvironmentSecretArgs:
    """Arguments of the secret."""

    key_arn: pulumi.Input[str]
    values: Mapping[str, pulumi.Input[str]]
    """Text by variable."""
    recovery_days: int
    """Days for which AWS keeps the secret after the last variable is removed; 0 deletes it at once."""


class EnvironmentSecret(pulumi.ComponentResource):
    """The secret and its current version.

    Not protected, because the last variable may be removed: the settings file keeps every value, encrypted.
    """

    secret_arn: pulumi.Output[str]
    references: pulumi.Output[dict[str, str]]
    """`valueFrom` by variable, with the version: a changed value makes a new task definition, so new tasks."""

    def __init__(self, name: str, args: EnvironmentSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:EnvironmentSecret", name, None, opts)
        secret = aws.secretsmanager.Secret(
            f"{name}-secret",
            description="The application's secret variables",
            kms_key_id=args.key_arn,
            recovery_window_in_days=args.recovery_days,
            opts=pulumi.ResourceOptions(parent=self),
        )
        text: pulumi.Output[str] = pulumi.Output.json_dumps(dict(args.values), sort_keys=True)
        document: pulumi.Output[str] = pulumi.Output.secret(text)
        version = aws.secretsmanager.SecretVersion(
            f"{name}-version",
            secret_id=secret.arn,
            secret_string=document,
            # Tasks of the previous release read their own version, and may start during the rollout of the next one.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        names = sorted(args.values)
        self.secret_arn = secret.arn
        self.references = pulumi.Output.all(secret.arn, version.version_id).apply(
            lambda known: {name: str(SecretReference(arn=known[0], key=name, version=known[1])) for name in names}
        )
        self.register_outputs({"secret_arn": self.secret_arn})
