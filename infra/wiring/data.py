"""What must not be lost: the database, the uploaded files and the secrets."""

from typing import NamedTuple

from infra.database import Database, DatabaseArgs
from infra.database_urls import application_role
from infra.firewall import Firewall
from infra.keys import EncryptionKey
from infra.media import MediaBucket, MediaBucketArgs
from infra.network import Network
from infra.passwords import Passwords, PasswordsArgs
from infra.secrets import ApplicationSecrets, ApplicationSecretsArgs
from infra.settings import Settings
from infra.wiring.release import Images


def passwords(settings: Settings, images: Images) -> Passwords:
    """Generated once per `secretsGeneration`; an image that cannot be built stops a rotation before it begins."""
    args = PasswordsArgs(
        generation=settings.secrets_generation, fallbacks=settings.secret_key_fallbacks, before_rotation=images
    )
    return Passwords("passwords", args)


def database(
    settings: Settings, key: EncryptionKey, network: Network, firewall: Firewall, passwords: Passwords
) -> Database:
    """PostgreSQL."""
    args = DatabaseArgs(
        subnet_ids=network.database_subnet_ids,
        security_group_id=firewall.database_group_id,
        key_arn=key.key_arn,
        owner_password=passwords.owner,
        application_role=application_role(settings.secrets_generation),
        application_password=passwords.application,
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


def secrets(settings: Settings, key: EncryptionKey, passwords: Passwords, database: Database) -> ApplicationSecrets:
    """What the application's containers are told in confidence."""
    args = ApplicationSecretsArgs(
        key_arn=key.key_arn,
        values={
            "DATABASE_URL": database.application_url,
            "OWNER_DATABASE_URL": database.owner_url,
            "EMAIL_URL": settings.email_url,
            "SECRET_KEY": passwords.secret_key,
            "SECRET_KEY_FALLBACKS": passwords.secret_key_fallbacks,
        },
        generation=settings.secrets_generation,
        fallbacks=settings.secret_key_fallbacks,
        protect=settings.protect,
    )
    return ApplicationSecrets("secrets", args)


def media(settings: Settings) -> MediaBucket:
    """The bucket of uploaded files."""
    return MediaBucket("media", MediaBucketArgs(protect=settings.protect))


class Stores(NamedTuple):
    """All that is kept, for those who use it."""

    database: Database
    media: MediaBucket
    secrets: ApplicationSecrets
