import json
from typing import Any

import pytest

from infra.media import MediaBucket, MediaBucketArgs


@pytest.fixture
def bucket(engine: Any) -> Any:
    engine.run(lambda: MediaBucket("media", MediaBucketArgs(protect=True)))
    return engine


def test_nobody_reads_the_bucket_from_outside(bucket: Any) -> None:
    block = bucket.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    for rule in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        assert block[rule] is True
    assert bucket.one("s3/bucketOwnershipControls:BucketOwnershipControls")["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }


def test_the_bucket_speaks_tls_only(bucket: Any) -> None:
    (statement,) = json.loads(bucket.one("s3/bucketPolicy:BucketPolicy")["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_files_are_encrypted_and_what_is_overwritten_stays_for_a_while(bucket: Any) -> None:
    (rule,) = bucket.one("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    versioning = bucket.one("s3/bucketVersioning:BucketVersioning")
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}


def test_abandoned_uploads_and_old_versions_cost_nothing_for_ever(bucket: Any) -> None:
    rules = bucket.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    uploads, versions = rules
    assert uploads["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert versions["noncurrentVersionExpiration"] == {"noncurrentDays": 90}
    assert {rule["status"] for rule in rules} == {"Enabled"}


@pytest.mark.parametrize("protect", [True, False])
def test_files_go_with_the_stack_only_when_it_is_not_protected(engine: Any, protect: bool) -> None:
    engine.run(lambda: MediaBucket("media", MediaBucketArgs(protect=protect)))
    assert engine.one("s3/bucket:Bucket")["forceDestroy"] is not protect
    assert engine.options("s3/bucket:Bucket", "media-files").protect is protect
