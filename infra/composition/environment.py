"""The application's own variables: plain ones, the secret of the stack, and secrets that exist."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pulumi

from infra.data.environment_secret import EnvironmentSecret, EnvironmentSecretArgs
from infra.ecs.containers import Variables
from infra.ecs.task_roles import SecretAccess
from infra.foundation.kms import EncryptionKey
from infra.observability.metrics import site
from infra.provider.identity import stack_session
from infra.secrets.existing import ExistingSecret, look_up
from infra.secrets.reference import legal_references
from infra.settings.settings import Settings

RECOVERY_DAYS = 30
"""For which AWS keeps a deleted secret of a protected stack."""


class Environment(NamedTuple):
    """The variables, and what ECS must be allowed to read for them."""

    variables: pulumi.Output[Variables]
    read_secrets: Mapping[str, Sequence[SecretAccess]]
    """By the name of the policy that allows it."""


def look_up_existing(settings: Settings) -> dict[str, ExistingSecret]:
    """The secrets of `existingSecrets` by variable. Raises SettingsError, before any resource is declared."""
    wanted = legal_references(settings.existing_secrets)
    return look_up(stack_session()(), pulumi.get_project(), wanted) if wanted else {}


def declare_environment(
    settings: Settings,
    key: EncryptionKey,
    existing: Mapping[str, ExistingSecret],
    cache_urls: Mapping[str, pulumi.Input[str]],
    cache_queues: Sequence[str],
) -> Environment:
    """Declare the secret of `secretEnvironment` and `cache_urls`, when there is a variable in one of them.

    The web tasks publish the length of each of `cache_queues`.
    """
    found = {one.reference.arn: SecretAccess(arn=one.reference.arn, key_arn=one.key_arn) for one in existing.values()}
    read_secrets = {"existing": list(found.values())} if found else {}
    references: pulumi.Output[dict[str, str]] = pulumi.Output.from_input({})
    secrets = {**settings.secret_environment, **cache_urls}
    if secrets:
        secret = _secret(settings, key, secrets)
        read_secrets["environment"] = [SecretAccess(arn=secret.secret_arn, key_arn=key.key_arn)]
        references = secret.references
    plain = {**settings.environment, **_measured(cache_queues if cache_urls else ())}
    return Environment(references.apply(lambda known: _variables(settings, plain, known, existing)), read_secrets)


def _measured(queues: Sequence[str]) -> dict[str, str]:
    """Variables of the process that publishes the length of queues (django_hosting/queue_lengths.py)."""
    if not queues:
        return {}
    return {"CACHE_QUEUES": ",".join(queues), "CACHE_QUEUES_SITE": site(pulumi.get_project(), pulumi.get_stack())}


def _secret(settings: Settings, key: EncryptionKey, values: Mapping[str, pulumi.Input[str]]) -> EnvironmentSecret:
    args = EnvironmentSecretArgs(
        key_arn=key.key_arn,
        values=values,
        recovery_days=RECOVERY_DAYS if settings.protect else 0,
    )
    return EnvironmentSecret("environment", args)


def _variables(
    settings: Settings,
    plain: Mapping[str, str],
    references: Mapping[str, str],
    existing: Mapping[str, ExistingSecret],
) -> Variables:
    return Variables(
        plain=plain,
        public=settings.public_variables,
        references={**references, **{name: str(one.reference) for name, one in existing.items()}},
        versions={name: one.version for name, one in existing.items()},
    )
