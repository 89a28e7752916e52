"""Settings of every S3 bucket of the stack: private and encrypted."""

from typing import Any

import pulumi
import pulumi_aws as aws

ABANDONED_UPLOADS: dict[str, Any] = {
    "id": "abandoned-uploads",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
}
"""Lifecycle rule for every bucket: parts of unfinished uploads are deleted, because S3 charges for them."""

EXPIRED_MARKERS: dict[str, Any] = {
    "id": "expired-delete-markers",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "expiration": {"expired_object_delete_marker": True},
}
"""Lifecycle rule for versioned buckets: a delete marker goes with the last version that it hides."""


def keep_private(
    name: str, bucket: aws.s3.Bucket, owner: pulumi.Resource, key_arn: pulumi.Input[str] | None = None
) -> list[pulumi.Resource]:
    """Disable ACLs, block public access and encrypt with the KMS key, or with S3's own; children of `owner`.

    A bucket policy must depend on them: S3 refuses concurrent changes of a bucket's access (OperationAborted).
    """
    child = pulumi.ResourceOptions(parent=owner)
    ownership = aws.s3.BucketOwnershipControls(
        f"{name}-ownership", bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
    )
    closed = aws.s3.BucketPublicAccessBlock(
        f"{name}-closed",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=child,
    )
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encrypted",
        bucket=bucket.bucket,
        rules=[_encryption(key_arn)],
        opts=child,
    )
    return [ownership, closed, encrypted]


def _encryption(key_arn: pulumi.Input[str] | None) -> dict[str, Any]:
    if key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        # One request to KMS for many objects.
        "bucket_key_enabled": True,
    }
