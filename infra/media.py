"""Where uploaded files live: a private bucket that only the application reads."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.private_bucket import ABANDONED_UPLOADS, keep_private

KEPT_OVERWRITTEN_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class MediaBucketArgs:
    """How the bucket treats what it holds."""

    protect: bool
    """False lets `pulumi destroy` delete a bucket that still holds files."""


class MediaBucket(pulumi.ComponentResource):
    """A private, versioned, encrypted bucket; what is overwritten or deleted stays for 90 days."""

    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]

    def __init__(self, name: str, args: MediaBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:MediaBucket", name, None, opts)
        bucket = aws.s3.Bucket(
            f"{name}-files",
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self._close(name, bucket)
        self._keep_history(name, bucket)
        self.bucket_name, self.bucket_arn = bucket.bucket, bucket.arn
        self.register_outputs({"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn})

    def _close(self, name: str, bucket: aws.s3.Bucket) -> None:
        aws.s3.BucketPolicy(
            f"{name}-tls-only",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(policies.tls_only),
            opts=pulumi.ResourceOptions(parent=self, depends_on=keep_private(name, bucket, self)),
        )

    def _keep_history(self, name: str, bucket: aws.s3.Bucket) -> None:
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
                {
                    "id": "overwritten-files",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrent_version_expiration": {"noncurrent_days": KEPT_OVERWRITTEN_DAYS},
                },
            ],
            # A rule about old versions means nothing before versions exist.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
