import json
from typing import Any

import pytest

from infra.data.media_bucket import MediaBucket, MediaBucketArgs


@pytest.mark.parametrize("protect", [True, False])
def test_the_bucket_is_private_encrypted_versioned_and_deleted_only_without_protection(
    engine: Any, protect: bool
) -> None:
    engine.run(lambda: MediaBucket("media", MediaBucketArgs(protect=protect)))
    block = engine.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    for rule in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        assert block[rule] is True
    ownership = engine.one("s3/bucketOwnershipControls:BucketOwnershipControls")
    assert ownership["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    (statement,) = json.loads(engine.one("s3/bucketPolicy:BucketPolicy")["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (rule,) = engine.one("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    assert engine.one("s3/bucketVersioning:BucketVersioning")["versioningConfiguration"] == {"status": "Enabled"}
    assert engine.one("s3/bucket:Bucket")["forceDestroy"] is not protect
    assert engine.options("s3/bucket:Bucket", "media-files").protect is protect


def test_unfinished_uploads_and_old_versions_expire(engine: Any) -> None:
    engine.run(lambda: MediaBucket("media", MediaBucketArgs(protect=True)))
    rules = engine.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    uploads, versions = rules
    assert uploads["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert versions["noncurrentVersionExpiration"] == {"noncurrentDays": 90}
    assert {rule["status"] for rule in rules} == {"Enabled"}
