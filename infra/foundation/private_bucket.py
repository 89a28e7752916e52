"""Settings of every S3 bucket of the stack: private and encrypted."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import naming

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


def private_bucket(name: str, role: str, *, force_destroy: bool, opts: pulumi.ResourceOptions) -> aws.s3.Bucket:
    """A bucket of the stack, named after project, stack and role; `keep_private` closes it."""
    # Another prefix would replace a bucket and lose its files: one that exists keeps the name that it has.
    stays = pulumi.ResourceOptions(ignore_changes=["bucketPrefix"])
    return aws.s3.Bucket(
        name,
        bucket_prefix=naming.bucket_prefix(pulumi.get_project(), pulumi.get_stack(), role),
        force_destroy=force_destroy,
        opts=pulumi.ResourceOptions.merge(opts, stays),
    )


def keep_private(name: str, bucket: aws.s3.Bucket, owner: pulumi.Resource) -> list[pulumi.Resource]:
    """Close the bucket and encrypt it with S3's own key; children of `owner`.

    A bucket policy must depend on them, as on those of `close`.
    """
    return [*close(name, bucket, owner), encrypt(name, bucket, owner)]


def close(name: str, bucket: aws.s3.Bucket, owner: pulumi.Resource) -> list[pulumi.Resource]:
    """Disable ACLs and block public access; children of `owner`.

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
    return [ownership, closed]


def encrypt(
    name: str,
    bucket: aws.s3.Bucket,
    owner: pulumi.Resource,
    key_arn: pulumi.Input[str] | None = None,
    after: Sequence[pulumi.Resource] = (),
) -> aws.s3.BucketServerSideEncryptionConfiguration:
    """Encrypt new objects with the KMS key, or with S3's own; a child of `owner`, applied after these resources.

    A KMS key needs the permissions of whoever writes in `after`: without them S3 refuses the next object.
    """
    return aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encrypted",
        bucket=bucket.bucket,
        rules=[_encryption(key_arn)],
        opts=pulumi.ResourceOptions(parent=owner, depends_on=list(after)),
    )


def _encryption(key_arn: pulumi.Input[str] | None) -> dict[str, Any]:
    if key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        # One request to KMS for many objects.
        "bucket_key_enabled": True,
    }
