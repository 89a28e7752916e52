"""A program with all that a stack keeps and little else, for tests on the real engine."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.database import Database, DatabaseArgs
from infra.keys import EncryptionKey, EncryptionKeyArgs
from infra.media import MediaBucket, MediaBucketArgs
from infra.registry import Registry, RegistryArgs
from infra.secrets import ApplicationSecrets, ApplicationSecretsArgs
from infra.settings import Settings
from infra.workload import SECRET_KEYS

PROTECTED = Settings(region="us-east-1", database_storage_gb=50)
THROWAWAY = replace(PROTECTED, protect=False, database_final_snapshot=False)


def stores(settings: Settings, **changed: dict[str, Any]) -> Callable[[], None]:
    """A program with all that is kept; `changed` are inputs by logical name, for which underscores stand for dashes."""

    def change(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        inputs = changed.get(args.name.replace("-", "_"), {})
        return pulumi.ResourceTransformationResult({**args.props, **inputs}, args.opts)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(change)
        key = EncryptionKey(
            "key",
            EncryptionKeyArgs(
                region=settings.region,
                protect=settings.protect,
                outlives_stack=settings.database_final_snapshot,
            ),
        )
        Database("database", _database(settings, key))
        if "media" not in changed:
            MediaBucket("media", MediaBucketArgs(protect=settings.protect))
        ApplicationSecrets(
            "secrets",
            ApplicationSecretsArgs(
                key_arn=key.key_arn,
                values=dict.fromkeys(SECRET_KEYS, "canary"),
                generation=settings.secrets_generation,
                fallbacks=settings.secret_key_fallbacks,
                protect=settings.protect,
            ),
        )
        Registry("registry", RegistryArgs(key_arn=key.key_arn, protect=settings.protect))

    return program


def _database(settings: Settings, key: EncryptionKey) -> DatabaseArgs:
    vpc = aws.ec2.Vpc("network", cidr_block=settings.vpc_cidr, opts=pulumi.ResourceOptions(protect=settings.protect))
    subnets = [
        aws.ec2.Subnet(f"subnet-{zone}", vpc_id=vpc.id, cidr_block=f"10.20.{index}.0/24", availability_zone=zone)
        for index, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="database")
    return DatabaseArgs(
        subnet_ids=pulumi.Output.all(*(subnet.id for subnet in subnets)),
        security_group_id=group.id,
        key_arn=key.key_arn,
        owner_password="canary",
        application_role="preqly_app_1",
        application_password="canary",
        engine_version=settings.database_version,
        instance_class=settings.database_class,
        storage_gb=settings.database_storage_gb,
        max_storage_gb=settings.database_max_storage_gb,
        multi_az=settings.database_multi_az,
        backup_days=settings.database_backup_days,
        protect=settings.protect,
        final_snapshot=settings.database_final_snapshot,
    )
