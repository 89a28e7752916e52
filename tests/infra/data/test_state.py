"""Stateful resources on the real engine: a protected stack refuses to lose them, an unprotected one leaves nothing.

One stack serves all tests of the module, so their order matters: the last two change and destroy it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from embedded_cloud.testing.engine_stack import EngineStack, engine_stack, needs_engine
from infra.data.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from infra.data.database import Database, DatabaseArgs
from infra.data.media_bucket import MediaBucket, MediaBucketArgs
from infra.ecs.containers import SECRET_KEYS
from infra.foundation.kms import EncryptionKey, EncryptionKeyArgs
from infra.images.registry import Registry, RegistryArgs
from infra.observability.alarms import PUBLISHERS
from infra.settings.settings import Settings
from tests.infra.data.arguments import database_args
from tests.infra.settings_helpers import settings

pytestmark = needs_engine

PROTECTED = settings(database_storage_gb=50)
UNPROTECTED = replace(PROTECTED, protect=False, database_final_snapshot=False)
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []})
REPLACING: dict[str, tuple[dict[str, Any], str]] = {
    "key-data": ({"customer_master_key_spec": "RSA_2048"}, "customerMasterKeySpec"),
    "network": ({"cidr_block": "10.30.0.0/16"}, "cidrBlock"),
    "database-instance": ({"username": "other"}, "username"),
    "media-files": ({"bucket": "other"}, "bucket"),
    "secrets-application": ({"name": "other"}, "name"),
    "registry-web": ({"name": "other"}, "name"),
    "registry-proxy": ({"encryption_configurations": [{"encryption_type": "AES256"}]}, "encryptionConfigurations"),
}
"""Inputs that would replace each protected resource, and the property that the engine must name."""


def stateful(
    values: Settings, changed: dict[str, dict[str, Any]] | None = None, *, media: bool = True
) -> Callable[[], None]:
    """A program with every stateful resource; `changed` overrides inputs by logical name."""

    def change(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        return pulumi.ResourceTransformationResult({**args.props, **(changed or {}).get(args.name, {})}, args.opts)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(change)
        key = EncryptionKey(
            "key",
            EncryptionKeyArgs(
                region=values.region,
                publishers=PUBLISHERS,
                protect=values.protect,
                outlives_stack=values.database_final_snapshot,
            ),
        )
        Database("database", database_in_a_vpc(values, key))
        if media:
            bucket = MediaBucket("media", MediaBucketArgs(key=key, protect=values.protect))
            bucket.encrypt(key.key_arn, permissions=[])
        ApplicationSecrets(
            "secrets",
            ApplicationSecretsArgs(
                key_arn=key.key_arn,
                values=dict.fromkeys(SECRET_KEYS, "canary"),
                generation=values.secrets_generation,
                fallbacks=values.secret_key_fallbacks,
                protect=values.protect,
            ),
        )
        Registry("registry", RegistryArgs(key_arn=key.key_arn, protect=values.protect))

    return program


def database_in_a_vpc(values: Settings, key: EncryptionKey) -> DatabaseArgs:
    vpc = aws.ec2.Vpc("network", cidr_block=values.vpc_cidr, opts=pulumi.ResourceOptions(protect=values.protect))
    subnets = [
        aws.ec2.Subnet(f"subnet-{zone}", vpc_id=vpc.id, cidr_block=f"10.20.{index}.0/24", availability_zone=zone)
        for index, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="database")
    return database_args(
        values,
        subnet_ids=pulumi.Output.all(*(subnet.id for subnet in subnets)),
        security_group_id=group.id,
        key_arn=key.key_arn,
    )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStack]:
    """A deployed, protected stack."""
    with engine_stack(tmp_path_factory.mktemp("state"), "preqly") as stack:
        stack.up(stateful(PROTECTED))
        yield stack


@pytest.fixture(scope="module")
def replaced(stack: EngineStack) -> str:
    """Output of a preview that would replace every protected resource."""
    return stack.refused("preview", stateful(PROTECTED, {name: inputs for name, (inputs, _) in REPLACING.items()}))


@pytest.mark.parametrize("name", REPLACING)
def test_a_preview_refuses_to_replace_a_protected_resource_and_names_the_property(replaced: str, name: str) -> None:
    (refusal,) = [line for line in replaced.splitlines() if f" {name} replace" in line and "error: " in line]
    assert "unable to replace resource" in refusal
    assert REPLACING[name][1] in refusal.partition("[diff: ")[2].partition("]")[0]
    assert "currently marked for protection" in replaced


def test_a_preview_refuses_to_delete_a_protected_resource_by_name(stack: EngineStack) -> None:
    output = stack.refused("preview", stateful(PROTECTED, media=False))
    assert "media-files" in output
    assert "cannot be deleted" in output


def test_a_preview_refuses_settings_that_rds_would_refuse_after_minutes(stack: EngineStack) -> None:
    output = stack.refused("preview", stateful(replace(PROTECTED, database_storage_gb=20, database_version="16")))
    assert "aws:rds/instance:Instance database-instance cannot be changed like this; nothing was changed." in output
    assert "preqly:databaseStorageGb = 20" in output
    assert 'preqly:databaseVersion = "16"' in output
    assert "pulumi config set databaseStorageGb 50" in output


def test_another_class_is_taken_after_rds_has_grown_the_storage(stack: EngineStack) -> None:
    rds = stack.client("rds")
    (database,) = rds.describe_db_instances()["DBInstances"]
    rds.modify_db_instance(DBInstanceIdentifier=database["DBInstanceIdentifier"], AllocatedStorage=61)
    # As the deploy workflow does: it writes the grown size into the state's inputs.
    stack.stack.refresh()
    steps, _ = stack.up(stateful(replace(PROTECTED, database_class="db.t4g.small")))
    assert "update database-instance" in steps
    (database,) = rds.describe_db_instances()["DBInstances"]
    assert (database["DBInstanceClass"], database["AllocatedStorage"]) == ("db.t4g.small", 61)
    output = stack.refused("preview", stateful(replace(PROTECTED, database_storage_gb=40)))
    assert "the last update asked for 50 GiB, and the database has 61 GiB" in output


def test_a_preview_refuses_to_skip_a_generation(stack: EngineStack) -> None:
    output = stack.refused("preview", stateful(replace(PROTECTED, secrets_generation=3)))
    assert "preqly:secretsGeneration = 3" in output
    assert "pulumi config set secretsGeneration 2" in output


def test_destroying_a_protected_stack_changes_nothing_and_names_the_protected_resources(stack: EngineStack) -> None:
    before = stack.resources()
    ended = stack.pulumi("destroy", "--yes")
    assert ended.returncode != 0
    # The engine stops before it reaches the key and the network, which the others depend on.
    for name in REPLACING.keys() - {"key-data", "network"}:
        assert f"::{name}" in ended.stdout
    assert "because it is protected" in ended.stdout
    assert stack.resources() == before


def fill(stack: EngineStack) -> None:
    """Put data into the stack: files with earlier versions and a delete marker, and images."""
    s3, ecr = stack.client("s3"), stack.client("ecr")
    (bucket,) = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="media/picture.jpg", Body=body)
    s3.delete_object(Bucket=bucket, Key="media/picture.jpg")
    for repository in ecr.describe_repositories()["repositories"]:
        ecr.put_image(repositoryName=repository["repositoryName"], imageManifest=MANIFEST, imageTag="release-1")


def left(stack: EngineStack) -> dict[str, int]:
    """Number of resources in the account by kind, without keys that are scheduled for deletion."""
    kms, logs, rds = (stack.client(name) for name in ("kms", "logs", "rds"))
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in kms.list_keys()["Keys"]]
    found = {
        "keys": len([state for state in keys if state != "PendingDeletion"]),
        "databases": len(rds.describe_db_instances()["DBInstances"]),
        "snapshots": len(rds.describe_db_snapshots()["DBSnapshots"]),
        "subnet groups": len(rds.describe_db_subnet_groups()["DBSubnetGroups"]),
        "buckets": len(stack.client("s3").list_buckets()["Buckets"]),
        "repositories": len(stack.client("ecr").describe_repositories()["repositories"]),
        "secrets": len(stack.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]),
        "log groups": len(logs.describe_log_groups()["logGroups"]),
    }
    return {kind: count for kind, count in found.items() if count}


def test_a_stack_without_protection_is_destroyed_with_its_data_and_leaves_nothing(stack: EngineStack) -> None:
    stack.up(stateful(UNPROTECTED))
    fill(stack)
    assert left(stack)["repositories"] == 2
    stack.stack.destroy()
    assert left(stack) == {}


def test_every_final_snapshot_has_a_name_of_its_own_and_its_key_stays(stack: EngineStack) -> None:
    for _ in range(2):
        stack.up(stateful(replace(UNPROTECTED, database_final_snapshot=True)))
        stack.stack.destroy()
    snapshots = stack.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert len({snapshot["DBSnapshotIdentifier"] for snapshot in snapshots}) == 2
    assert left(stack).keys() == {"keys", "snapshots"}
