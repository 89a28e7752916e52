"""What a stack keeps, with the real engine: unprotected, it goes with all it holds and leaves nothing behind."""

import json
from dataclasses import replace
from pathlib import Path

from tests.engine_stack import EngineStack, engine_stack, needs_engine
from tests.infra.stateful import THROWAWAY, stores

pytestmark = needs_engine

MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []})


def fill(stack: EngineStack) -> None:
    """What a stack has after a while of use: files with earlier versions, images, backups, a marker of a deletion."""
    s3, ecr = stack.client("s3"), stack.client("ecr")
    (bucket,) = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="media/picture.jpg", Body=body)
    s3.delete_object(Bucket=bucket, Key="media/picture.jpg")
    for repository in ecr.describe_repositories()["repositories"]:
        ecr.put_image(repositoryName=repository["repositoryName"], imageManifest=MANIFEST, imageTag="release-1")


def left(stack: EngineStack) -> dict[str, int]:
    """What would cost or hold data, by kind, by AWS's own count; a key that waits for its end counts no more."""
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


def test_a_throwaway_stack_is_destroyed_twice_with_all_it_holds_and_nothing_is_left(
    tmp_path: Path,
) -> None:
    with engine_stack(tmp_path, "preqly") as stack:
        before = left(stack)
        for _ in range(2):
            stack.up(stores(THROWAWAY))
            fill(stack)
            assert left(stack)["repositories"] == 2
            stack.stack.destroy()
            assert left(stack) == before


def test_a_last_snapshot_has_a_name_of_its_own_each_time_and_its_key_stays(
    tmp_path: Path,
) -> None:
    with engine_stack(tmp_path, "preqly") as stack:
        for _ in range(2):
            stack.up(stores(replace(THROWAWAY, database_final_snapshot=True)))
            stack.stack.destroy()
        snapshots = [
            snapshot["DBSnapshotIdentifier"] for snapshot in stack.client("rds").describe_db_snapshots()["DBSnapshots"]
        ]
        assert len(set(snapshots)) == 2
        assert left(stack).keys() == {"keys", "snapshots"}
