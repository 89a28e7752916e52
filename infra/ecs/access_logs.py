"""S3 bucket of the load balancer's access logs."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import naming, policies
from infra.foundation.private_bucket import EXPIRED_MARKERS, keep_private, private_bucket


@dataclass(frozen=True, kw_only=True)
class AccessLogsArgs:
    """Arguments of the access log bucket."""

    retention_days: int
    protect: bool
    """False deletes the bucket with its logs."""


class AccessLogs(pulumi.ComponentResource):
    """A private, versioned bucket that only load balancers of this account write to.

    It has S3's own encryption, because ELB's log delivery cannot write with a customer managed key.
    """

    bucket_name: pulumi.Output[str]
    """Known once the bucket policy allows log delivery."""

    def __init__(self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:AccessLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = private_bucket(f"{name}-bucket", naming.ACCESS_LOG_BUCKET, force_destroy=not args.protect, opts=child)
        private = keep_private(name, bucket, self)
        _expire(name, bucket, args.retention_days, self)
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        policy = aws.s3.BucketPolicy(
            f"{name}-delivery",
            bucket=bucket.bucket,
            policy=pulumi.Output.all(bucket.arn, account).apply(lambda known: delivery_policy(*known)),
            opts=pulumi.ResourceOptions(parent=self, depends_on=private),
        )
        # Taken from the policy: ELB writes a test object when logging is enabled, so the policy must exist.
        self.bucket_name = policy.bucket
        self.register_outputs({"bucket_name": self.bucket_name})


def delivery_policy(bucket_arn: str, account: str) -> str:
    """Bucket policy: ELB's log delivery writes under the account's prefix, and all requests need TLS."""
    deliver = {
        "Sid": "DeliverAccessLogs",
        "Effect": "Allow",
        # ELB writes under the account of the load balancer, so this path excludes other accounts.
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/AWSLogs/{account}/*",
    }
    return policies.tls_only_bucket(bucket_arn, deliver)


def _expire(name: str, bucket: aws.s3.Bucket, days: int, owner: pulumi.Resource) -> None:
    """Keep versions, so that nothing overwrites a log, and delete each log after so many days."""
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled"},
        opts=pulumi.ResourceOptions(parent=owner),
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-expiry",
        bucket=bucket.bucket,
        rules=[
            {
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": days},
                # A day is the shortest time that S3 keeps an expired version.
                "noncurrent_version_expiration": {"noncurrent_days": 1},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            },
            EXPIRED_MARKERS,
        ],
        opts=pulumi.ResourceOptions(parent=owner, depends_on=[versioning]),
    )
