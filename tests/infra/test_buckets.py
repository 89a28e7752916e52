"""The buckets of media and access logs. tests/infra/controls asserts that every bucket is closed and requires TLS."""

import json
import re
from typing import Any

import pulumi_aws as aws
import pytest

from infra.data.media_bucket import MediaBucket, MediaBucketArgs
from infra.ecs.access_logs import AccessLogs, AccessLogsArgs
from tests.recorder import Recorder, new_engine

ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LIFECYCLE = "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


def media(protect: bool = True) -> Recorder:
    """The media bucket, and the key that encrypts it."""
    engine = new_engine()

    def program() -> Any:
        key = aws.kms.Key("key")
        bucket = MediaBucket("media", MediaBucketArgs(key=key, protect=protect))
        bucket.encrypt(key.arn, permissions=[])
        return bucket.bucket_name

    engine.run(program)
    return engine


def access_logs(protect: bool = True) -> Recorder:
    """The access log bucket, and a load balancer that uses it."""
    engine = new_engine()

    def program() -> Any:
        bucket = AccessLogs("access-logs", AccessLogsArgs(retention_days=90, protect=protect)).bucket_name
        return aws.lb.LoadBalancer("balancer", access_logs={"bucket": bucket}).arn

    engine.run(program)
    return engine


@pytest.mark.parametrize("declare", [media, access_logs])
@pytest.mark.parametrize("protect", [True, False])
def test_a_bucket_has_no_acls_keeps_versions_and_is_deleted_only_without_protection(
    declare: Any, protect: bool
) -> None:
    engine = declare(protect)
    ownership = engine.one("s3/bucketOwnershipControls:BucketOwnershipControls")
    assert ownership["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert engine.one("s3/bucketVersioning:BucketVersioning")["versioningConfiguration"] == {"status": "Enabled"}
    assert engine.one("s3/bucket:Bucket")["forceDestroy"] is not protect


def test_media_files_are_encrypted_with_the_stacks_key_and_access_logs_with_s3s() -> None:
    (rule,) = media().one(ENCRYPTION)["rules"]
    key = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/key"}
    assert rule == {"applyServerSideEncryptionByDefault": key, "bucketKeyEnabled": True}
    # The only encryption that ELB's log delivery supports.
    (rule,) = access_logs().one(ENCRYPTION)["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}


@pytest.mark.parametrize("protect", [True, False])
def test_media_files_are_protected_and_their_key_is_deleted_after_them(protect: bool) -> None:
    options = media(protect).options("s3/bucket:Bucket", "media-files")
    assert options.protect is protect
    assert any(urn.endswith("::key") for urn in options.dependencies)


def test_unfinished_uploads_old_versions_and_access_logs_expire() -> None:
    uploads, markers, versions = media().one(LIFECYCLE)["rules"]
    assert uploads["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert versions["noncurrentVersionExpiration"] == {"noncurrentDays": 90}
    logs, log_markers = access_logs().one(LIFECYCLE)["rules"]
    assert logs["expiration"] == {"days": 90}
    # Without this a log would stay as a version for ever.
    assert logs["noncurrentVersionExpiration"] == {"noncurrentDays": 1}
    assert logs["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert markers["expiration"] == log_markers["expiration"] == {"expiredObjectDeleteMarker": True}
    assert {rule["status"] for rule in (uploads, markers, versions, logs, log_markers)} == {"Enabled"}


def test_log_delivery_of_this_account_writes_to_the_bucket_and_every_request_needs_tls() -> None:
    deliver, deny = json.loads(access_logs().one("s3/bucketPolicy:BucketPolicy")["policy"])["Statement"]
    assert deliver["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert deliver["Action"] == "s3:PutObject"
    # ELB writes under AWSLogs/<account of the load balancer>/.
    prefix = "arn:aws:s3:::preqly-test-access-logs-"
    assert re.fullmatch(rf"{prefix}\w{{26}}/AWSLogs/123456789012/\*", deliver["Resource"])
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_load_balancer_waits_for_the_bucket_policy_and_that_for_the_public_access_block() -> None:
    """ELB writes a test object at once; S3 refuses concurrent changes of a bucket's access."""
    engine = access_logs()
    balancer = engine.options("lb/loadBalancer:LoadBalancer", "balancer").dependencies
    assert any("BucketPolicy" in urn for urn in balancer)
    policy = engine.options("s3/bucketPolicy:BucketPolicy", "access-logs-delivery").dependencies
    assert any("BucketPublicAccessBlock" in urn for urn in policy)
