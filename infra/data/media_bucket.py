"""S3 bucket of uploaded and static files."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import naming, policies
from infra.foundation.private_bucket import ABANDONED_UPLOADS, EXPIRED_MARKERS, close, encrypt, private_bucket

KEPT_OVERWRITTEN_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class MediaBucketArgs:
    """Arguments of the media bucket."""

    key: pulumi.Resource
    """Deleted after the bucket: without the key the files are unreadable."""
    protect: bool
    """True makes Pulumi refuse deletion; False deletes the bucket with its files."""


class MediaBucket(pulumi.ComponentResource):
    """A private, versioned bucket; overwritten and deleted files are kept for 90 days. `encrypt` completes it."""

    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]

    def __init__(self, name: str, args: MediaBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:MediaBucket", name, None, opts)
        self._name = name
        self._bucket = bucket = private_bucket(
            f"{name}-files",
            naming.MEDIA_BUCKET,
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[args.key]),
        )
        self._policy = self._require_tls(name, bucket)
        self._keep_versions(name, bucket)
        self.bucket_name, self.bucket_arn = bucket.bucket, bucket.arn
        self.register_outputs({"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn})

    def encrypt(self, key_arn: pulumi.Input[str], permissions: Sequence[pulumi.Resource]) -> None:
        """Encrypt new files with the KMS key, once the writers have these permissions to use it.

        The permissions name the bucket, so they come between it and its encryption.
        """
        encrypt(self._name, self._bucket, self, key_arn, after=[self._policy, *permissions])

    def _require_tls(self, name: str, bucket: aws.s3.Bucket) -> aws.s3.BucketPolicy:
        return aws.s3.BucketPolicy(
            f"{name}-tls-only",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(policies.tls_only_bucket),
            opts=pulumi.ResourceOptions(parent=self, depends_on=close(name, bucket, self)),
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
