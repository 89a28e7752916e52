"""The application's own variables: plain ones, the secret of the stack, and secrets that exist."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import pulumi

from infra.data.environment_secret import EnvironmentSecret, EnvironmentSecretArgs
from infra.ecs.containers import Variables
from infra.ecs.task_roles import SecretAccess
from infra.foundation.kms import EncryptionKey
from infra.provider.identity import stack_session
from infra.secrets.existing import ExistingSecret, look_up
from infra.secrets.reference import legal_references
from infra.settings.settings import Settings

RECOVERY_DAYS = 30
"""For which AWS keeps a deleted secret of a protected stack."""


class Environment(NamedTuple):
    """The variables, and what ECS must be allowed to read for them."""

    variables: pulumi.Output[Variables]
    read_secrets: Mapping[str, SecretAccess]
    """By a name that stays the same while the secret is read."""


def look_up_existing(settings: Settings) -> dict[str, ExistingSecret]:
    """The secrets of `existingSecrets` by variable. Raises SettingsError, before any resource is declared."""
    wanted = legal_references(settings.existing_secrets)
    return look_up(stack_session()(), pulumi.get_project(), wanted) if wanted else {}


def declare_environment(settings: Settings, key: EncryptionKey, existing: Mapping[str, ExistingSecret]) -> Environment:
    """Declare the secret of `secretEnvironment`, when it has a variable."""
    read_secrets = {
        f"existing-{_digest(one.reference.arn)}": SecretAccess(arn=one.reference.arn, key_arn=one.key_arn)
        for one in existing.values()
    }
    references: pulumi.Output[dict[str, str]] = pulumi.Output.from_input({})
    if settings.secret_environment:
        secret = _secret(settings, key)
        read_secrets["environment"] = SecretAccess(arn=secret.secret_arn, key_arn=key.key_arn)
        references = secret.references
    return Environment(references.apply(lambda known: _variables(settings, known, existing)), read_secrets)


def _secret(settings: Settings, key: EncryptionKey) -> EnvironmentSecret:
    args = EnvironmentSecretArgs(
        key_arn=key.key_arn,
        values=settings.secret_environment,
        recovery_days=RECOVERY_DAYS if settings.protect else 0,
    )
    return EnvironmentSecret("environment", args)


def _variables(settings: Settings, references: Mapping[str, str], existing: Mapping[str, ExistingSecret]) -> Variables:
    return Variables(
        plain=dict(settings.environment),
        public=settings.public_variables,
        references={**references, **{name: str(one.reference) for name, one in existing.items()}},
        versions={name: one.version for name, one in existing.items()},
    )


def _digest(arn: str) -> str:
    return hashlib.sha256(arn.encode()).hexdigest()[:8]
