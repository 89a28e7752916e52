"""Buckets and keys, through the provider protocol."""

import json
from typing import Any

import pytest

BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": "arn:aws:s3:::b"}],
}


@pytest.fixture(scope="module")
def bucket(emulation: Any) -> Any:
    return emulation.resource(BUCKET, "Media-Files", forceDestroy=True, tags={"a": "1"})


def test_a_bucket_has_a_valid_name_and_changes_its_tags_in_place(emulation: Any, bucket: Any) -> None:
    assert bucket.id.startswith("media-files-")
    assert bucket.drift() == {}
    bucket.up(forceDestroy=True, tags={"b": "2"})
    tags = emulation.client("s3").get_bucket_tagging(Bucket=bucket.id)["TagSet"]
    assert tags == [{"Key": "b", "Value": "2"}]
    assert bucket.drift() == {}


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("Policy", {"policy": json.dumps(POLICY)}),
        (
            "PublicAccessBlock",
            {
                "blockPublicAcls": True,
                "blockPublicPolicy": True,
                "ignorePublicAcls": True,
                "restrictPublicBuckets": True,
            },
        ),
        (
            "ServerSideEncryptionConfiguration",
            {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        ),
        ("OwnershipControls", {"rule": {"objectOwnership": "BucketOwnerEnforced"}}),
        (
            "LifecycleConfiguration",
            {
                "rules": [
                    {
                        "id": "expire",
                        "status": "Enabled",
                        "filter": {"prefix": ""},
                        "expiration": {"days": 3},
                        "noncurrentVersionExpiration": {"noncurrentDays": 90},
                        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                    }
                ]
            },
        ),
    ],
)
def test_a_bucket_setting_is_its_own_resource(emulation: Any, bucket: Any, kind: str, inputs: dict[str, Any]) -> None:
    token = f"aws:s3/bucket{kind}:Bucket{kind}"
    setting = emulation.resource(token, kind, bucket=bucket.id, **inputs)
    assert setting.drift() == {}
    assert setting.diff(bucket=bucket.id, **inputs) == (set(), set())
    assert setting.diff(bucket="other", **inputs)[1] == {"bucket"}
    setting.delete()
    assert not setting.is_there()
    setting.delete()


def test_deleting_versioning_suspends_it(emulation: Any, bucket: Any) -> None:
    versioning = emulation.resource(
        "aws:s3/bucketVersioning:BucketVersioning",
        "versions",
        bucket=bucket.id,
        versioningConfiguration={"status": "Enabled"},
    )
    assert versioning.drift() == {}
    s3 = emulation.client("s3")
    s3.put_bucket_versioning(Bucket=bucket.id, VersioningConfiguration={"Status": "Suspended"})
    assert versioning.drift() == {"versioningConfiguration": ({"status": "Enabled"}, {"status": "Suspended"})}
    versioning.delete()


def test_a_bucket_with_objects_is_deleted_only_with_force_destroy(emulation: Any, refusal: Any) -> None:
    kept = emulation.resource(BUCKET, "kept", tags={})
    s3 = emulation.client("s3")
    s3.put_bucket_versioning(Bucket=kept.id, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=kept.id, Key="picture", Body=b"x")
    s3.delete_object(Bucket=kept.id, Key="picture")
    assert "BucketNotEmpty" in refusal(kept.delete)
    kept.up(forceDestroy=True)
    kept.delete()
    assert not kept.is_there()
    kept.delete()


def test_a_key_rotates_and_is_only_scheduled_for_deletion(emulation: Any) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*"}]})
    inputs = {"description": "d", "enableKeyRotation": True, "deletionWindowInDays": 7, "policy": policy}
    key = emulation.resource(KEY, "data", **inputs, tags={"a": "1"})
    kms = emulation.client("kms")
    assert key.drift() == {}
    assert key.diff(**{**inputs, "tags": {"a": "1"}, "policy": json.dumps(json.loads(policy), indent=1)}) == (
        set(),
        set(),
    )
    kms.disable_key_rotation(KeyId=key.id)
    assert key.drift() == {"enableKeyRotation": (True, False)}
    kms.enable_key_rotation(KeyId=key.id)
    alias = emulation.resource(ALIAS, "data", targetKeyId=key.state["arn"])
    assert alias.id.startswith("alias/data-")
    assert alias.drift() == {}
    alias.delete()
    assert not alias.is_there()
    key.delete()
    assert not key.is_there()
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    key.delete()
