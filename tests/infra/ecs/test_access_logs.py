"""The access log bucket: written by this account's load balancers, closed to everyone else."""

import json

import pulumi_aws as aws
import pytest

from infra.ecs.access_logs import AccessLogs, AccessLogsArgs
from tests.recorder import new_engine

LOAD_BALANCER = "lb/loadBalancer:LoadBalancer"


def declare_access_logs(protect=True):
    engine = new_engine()
    args = AccessLogsArgs(retention_days=90, protect=protect)

    def program():
        bucket = AccessLogs("access-logs", args).bucket_name
        return aws.lb.LoadBalancer("balancer", access_logs={"bucket": bucket}).arn

    engine.run(program)
    return engine


@pytest.fixture(scope="module")
def access_logs():
    """The access log bucket of a protected stack, and a load balancer that uses it."""
    return declare_access_logs()


def test_log_delivery_of_this_account_writes_to_the_bucket_and_every_request_needs_tls(access_logs):
    policy = json.loads(access_logs.one("s3/bucketPolicy:BucketPolicy")["policy"])
    deliver, deny = policy["Statement"]
    assert deliver["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert deliver["Action"] == "s3:PutObject"
    # ELB writes under AWSLogs/<account of the load balancer>/.
    assert deliver["Resource"] == "arn:aws:s3:::access-logs-bucket-1a2b3c4/AWSLogs/123456789012/*"
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_access_log_bucket_is_private_and_encrypted_with_the_only_key_that_log_delivery_supports(access_logs):
    closed = access_logs.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    for rule in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        assert closed[rule] is True
    token = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    (rule,) = access_logs.one(token)["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}


def test_access_logs_expire(access_logs):
    (rule,) = access_logs.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    assert rule["status"] == "Enabled"
    assert rule["expiration"] == {"days": 90}
    assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}


def test_the_load_balancer_waits_for_the_bucket_policy_and_that_for_the_public_access_block(access_logs):
    """ELB writes a test object at once; S3 refuses concurrent changes of a bucket's access."""
    balancer = access_logs.options(LOAD_BALANCER, "balancer").dependencies
    assert any("BucketPolicy" in urn for urn in balancer)
    policy = access_logs.options("s3/bucketPolicy:BucketPolicy", "access-logs-delivery").dependencies
    assert any("BucketPublicAccessBlock" in urn for urn in policy)


@pytest.mark.parametrize("protect", [True, False])
def test_access_logs_are_deleted_only_with_an_unprotected_stack(protect):
    assert declare_access_logs(protect).one("s3/bucket:Bucket")["forceDestroy"] is not protect
