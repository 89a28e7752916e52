"""S3 bucket of uploaded and static files."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.foundation.private_bucket import ABANDONED_UPLOADS, EXPIRED_MARKERS, keep_private

KEPT_OVERWRITTEN_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class MediaBucketArgs:
    """Arguments of the media bucket."""

    key_arn: pulumi.Input[str]
    key: pulumi.Resource
    """Deleted after the bucket: without the key the files are unreadable."""
    protect: bool
    """True makes Pulumi refuse deletion; False deletes the bucket with its files."""


class MediaBucket(pulumi.ComponentResource):
    """A private, versioned, encrypted bucket; overwritten and deleted files are kept for 90 days."""

    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]

    def __init__(self, name: str, args: MediaBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:MediaBucket", name, None, opts)
        bucket = aws.s3.Bucket(
            f"{name}-files",
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[args.key]),
        )
        self._require_tls(name, bucket, args.key_arn)
        self._keep_versions(name, bucket)
        self.bucket_name, self.bucket_arn = bucket.bucket, bucket.arn
        self.register_outputs({"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn})

    def _require_tls(self, name: str, bucket: aws.s3.Bucket, key_arn: pulumi.Input[str]) -> None:
        aws.s3.BucketPolicy(
            f"{name}-tls-only",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(policies.tls_only_bucket),
            opts=pulumi.ResourceOptions(parent=self, depends_on=keep_private(name, bucket, self, key_arn)),
        )

    def _keep_versions(self, name: str, bucket: aws.s3.Bucket) -> None:
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                ABANDONED_UPLOADS,
                EXPIRED_MARKERS,
                {
                    "id": "overwritten-files",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrent_version_expiration": {"noncurrent_days": KEPT_OVERWRITTEN_DAYS},
                },
            ],
            # The rule concerns versions, so versioning comes first.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
