"""Stateful resources: database, media bucket, cache, secrets."""

from collections.abc import Mapping
from typing import NamedTuple

import pulumi

from infra.composition.environment import Environment, declare_environment
from infra.composition.foundation import Foundation
from infra.composition.release import Images
from infra.data.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from infra.data.cache import Cache, CacheArgs
from infra.data.database import Database, DatabaseArgs
from infra.data.database_urls import application_role
from infra.data.generated_secrets import GeneratedSecrets, GeneratedSecretsArgs
from infra.data.media_bucket import MediaBucket, MediaBucketArgs
from infra.foundation.kms import EncryptionKey
from infra.secrets.existing import ExistingSecret
from infra.settings.settings import Settings


class Data(NamedTuple):
    """The stateful resources."""

    database: Database
    media: MediaBucket
    secrets: ApplicationSecrets
    environment: Environment
    cache: Cache | None = None
    """With `cache: valkey` only."""


def declare_data(
    settings: Settings, foundation: Foundation, images: Images, existing_secrets: Mapping[str, ExistingSecret]
) -> Data:
    """Declare the stateful resources. An image that does not build stops a rotation of the secrets."""
    generated = GeneratedSecrets(
        "passwords",
        GeneratedSecretsArgs(
            generation=settings.secrets_generation,
            fallbacks=settings.secret_key_fallbacks,
            cache=settings.has_cache,
            before_rotation=[images.web, images.proxy],
        ),
    )
    database = _database(settings, foundation, generated)
    media = MediaBucket("media", MediaBucketArgs(key=foundation.key, protect=settings.protect))
    secrets = _secrets(settings, foundation.key, generated, database)
    cache = _cache(settings, foundation, generated)
    queues = images.application.manifest.cache_queues
    environment = declare_environment(settings, foundation.key, existing_secrets, cache.urls if cache else {}, queues)
    return Data(database, media, secrets, environment, cache)


def _database(settings: Settings, foundation: Foundation, generated: GeneratedSecrets) -> Database:
    args = DatabaseArgs(
        subnet_ids=foundation.network.database_subnet_ids,
        security_group_id=foundation.security_groups.database_group_id,
        key_arn=foundation.key.key_arn,
        owner_password=generated.owner_password,
        application_role=application_role(pulumi.get_project(), settings.secrets_generation),
        application_password=generated.application_password,
        engine_version=settings.database_version,
        instance_class=settings.database_class,
        storage_gb=settings.database_storage_gb,
        max_storage_gb=settings.database_max_storage_gb,
        multi_az=settings.database_multi_az,
        backup_days=settings.database_backup_days,
        log_days=settings.log_days,
        protect=settings.protect,
        final_snapshot=settings.database_final_snapshot,
    )
    return Database("database", args)


def _cache(settings: Settings, foundation: Foundation, generated: GeneratedSecrets) -> Cache | None:
    group, password = foundation.security_groups.cache_group_id, generated.cache_password
    disabled = generated.disabled_cache_password
    if group is None or password is None or disabled is None:
        return None
    args = CacheArgs(
        subnet_ids=foundation.network.database_subnet_ids,
        security_group_id=group,
        key_arn=foundation.key.key_arn,
        node_type=settings.cache_node_type,
        replicas=settings.cache_replicas,
        snapshot_days=settings.cache_snapshot_days,
        password=password,
        disabled_password=disabled,
        generation=settings.secrets_generation,
        protect=settings.protect,
    )
    return Cache("cache", args)


def _secrets(
    settings: Settings, key: EncryptionKey, generated: GeneratedSecrets, database: Database
) -> ApplicationSecrets:
    args = ApplicationSecretsArgs(
        key_arn=key.key_arn,
        values={
            "DATABASE_URL": database.application_url,
            "OWNER_DATABASE_URL": database.owner_url,
            "EMAIL_URL": settings.email_url,
            "SECRET_KEY": generated.secret_key,
            "SECRET_KEY_FALLBACKS": generated.secret_key_fallbacks,
        },
        generation=settings.secrets_generation,
        fallbacks=settings.secret_key_fallbacks,
        protect=settings.protect,
    )
    return ApplicationSecrets("secrets", args)
