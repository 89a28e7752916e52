"""S3 bucket of Pulumi's state, and the KMS key that encrypts the secrets in it."""

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.foundation.private_bucket import ABANDONED_UPLOADS, keep_private


class State(pulumi.ComponentResource):
    """A private, versioned bucket and a key. Both stay when the stack is destroyed."""

    bucket_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    backend_url: pulumi.Output[str]
    """Without the prefix that each project has in it."""
    secrets_provider: pulumi.Output[str]

    def __init__(self, name: str, *, region: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bootstrap:index:State", name, None, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=True, retain_on_delete=True)
        key = aws.kms.Key(
            f"{name}-secrets",
            description="Encrypts the secrets in Pulumi's state",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            opts=kept,
        )
        bucket = aws.s3.Bucket(f"{name}-bucket", opts=kept)
        self._configure(name, bucket)
        self.bucket_arn, self.key_arn = bucket.arn, key.arn
        self.backend_url = pulumi.Output.concat("s3://", bucket.bucket)
        # By id: an alias could be pointed at another key.
        self.secrets_provider = pulumi.Output.concat("awskms:///", key.arn, f"?region={region}")
        self.register_outputs({"bucket_arn": self.bucket_arn, "key_arn": self.key_arn})

    def _configure(self, name: str, bucket: aws.s3.Bucket) -> None:
        child = pulumi.ResourceOptions(parent=self)
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[ABANDONED_UPLOADS],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        aws.s3.BucketPolicy(
            f"{name}-tls-only",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(policies.tls_only_bucket),
            opts=pulumi.ResourceOptions(parent=self, depends_on=keep_private(name, bucket, self)),
        )
