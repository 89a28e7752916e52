"""What every bucket of the stack has in common: nobody outside sees it, and nothing lies in it unencrypted."""

from typing import Any

import pulumi
import pulumi_aws as aws

ABANDONED_UPLOADS: dict[str, Any] = {
    "id": "abandoned-uploads",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
}
"""A rule for every bucket's lifecycle: parts of uploads that never ended are not paid for."""


def keep_private(name: str, bucket: aws.s3.Bucket, owner: pulumi.Resource) -> list[pulumi.Resource]:
    """Ownership, closed to the public, encrypted with S3's own key; children of `owner`.

    A bucket policy has to wait for them: S3 refuses two changes of a bucket's access at once (OperationAborted).
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
    # A customer managed key would lock out ELB's log delivery, and ask a grant of every reader of a media file.
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encrypted",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=child,
    )
    return [ownership, closed, encrypted]
