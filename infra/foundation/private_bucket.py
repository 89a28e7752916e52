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


def keep_private(name: str, bucket: aws.s3.Bucket, owner: pulumi.Resource) -> list[pulumi.Resource]:
    """Disable ACLs, block public access and encrypt with S3's own key; the resources are children of `owner`.

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
    # ELB's log delivery cannot write with a customer managed key, and every reader of a media file would need a grant.
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encrypted",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=child,
    )
    return [ownership, closed, encrypted]
