"""What the machine fetches: its program and the releases, each named by its content, in a private bucket."""

import base64
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.machine.archive import program_archive, release_archive
from infra.private_bucket import ABANDONED_UPLOADS, keep_private


@dataclass(frozen=True, kw_only=True)
class MachineStoreArgs:
    """Who guards the bucket."""

    protect: bool
    """False lets `pulumi destroy` delete the bucket with what is in it."""


class MachineStore(pulumi.ComponentResource):
    """A bucket for the machine. What was once put there stays: a release of before may have to be started again."""

    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    program: pulumi.Output[str]
    """Key of the program's archive, known once it is there."""

    def __init__(self, name: str, args: MachineStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:MachineStore", name, None, opts)
        self._name = name
        bucket = aws.s3.Bucket(
            f"{name}-files", force_destroy=not args.protect, opts=pulumi.ResourceOptions(parent=self)
        )
        closed = aws.s3.BucketPolicy(
            f"{name}-tls-only",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(policies.tls_only),
            opts=pulumi.ResourceOptions(parent=self, depends_on=keep_private(name, bucket, self)),
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[ABANDONED_UPLOADS],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._kept = pulumi.ResourceOptions(parent=self, retain_on_delete=True, depends_on=[closed])
        archive = program_archive()
        program = aws.s3.BucketObjectv2(
            f"{name}-program",
            bucket=bucket.bucket,
            key=archive.key,
            content_base64=base64.b64encode(archive.content).decode(),
            content_type="application/zip",
            opts=self._kept,
        )
        self.bucket_name, self.bucket_arn, self.program = bucket.bucket, bucket.arn, program.key
        self.register_outputs({"bucket_name": self.bucket_name, "program": self.program})

    def release(self, document: pulumi.Output[str]) -> pulumi.Output[str]:
        """Key of this release's document, known once it is in the bucket."""
        archive = document.apply(release_archive)
        stored = aws.s3.BucketObjectv2(
            f"{self._name}-release",
            bucket=self.bucket_name,
            key=archive.apply(lambda known: known.key),
            content=archive.apply(lambda known: known.content.decode()),
            content_type="application/json",
            opts=self._kept,
        )
        key: pulumi.Output[str] = stored.key
        return key
