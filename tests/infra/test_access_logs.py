"""The bucket of access logs: written by this account's load balancers, readable by nobody from outside."""

import json

import pulumi_aws as aws

from infra.access_logs import AccessLogs, AccessLogsArgs, delivery_policy


def declare(engine, protect=True):
    args = AccessLogsArgs(retention_days=90, protect=protect)
    return engine.run(lambda: AccessLogs("access-logs", args).bucket_name)


def statements(engine):
    declare(engine)
    policy = json.loads(engine.one("s3/bucketPolicy:BucketPolicy")["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_elbs_log_delivery_may_write_this_accounts_folder(engine):
    deliver = statements(engine)["DeliverAccessLogs"]
    assert deliver["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert deliver["Action"] == "s3:PutObject"
    assert deliver["Resource"] == "arn:aws:s3:::access-logs-bucket-1a2b3c4/AWSLogs/123456789012/*"


def test_other_accounts_load_balancers_may_not():
    """ELB writes under AWSLogs/<account of the load balancer>/."""
    deliver, _ = json.loads(delivery_policy("arn:aws:s3:::logs", "123456789012"))["Statement"]
    assert deliver["Resource"] == "arn:aws:s3:::logs/AWSLogs/123456789012/*"


def test_nobody_speaks_to_it_in_the_clear(engine):
    refuse = statements(engine)["TlsOnly"]
    assert (refuse["Effect"], refuse["Principal"], refuse["Action"]) == ("Deny", "*", "s3:*")
    assert refuse["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_it_is_closed_to_the_public_in_all_four_ways(engine):
    declare(engine)
    closed = engine.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert closed.pop("bucket") == "access-logs-bucket-1a2b3c4"
    assert closed == dict.fromkeys(
        ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"], True
    )


def test_it_is_encrypted_with_s3s_own_key_because_log_delivery_takes_no_other(engine):
    declare(engine)
    (rule,) = engine.one("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}


def test_logs_expire_with_the_other_logs(engine):
    declare(engine)
    (rule,) = engine.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    assert rule["status"] == "Enabled"
    assert rule["expiration"] == {"days": 90}
    assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}


def test_who_is_given_the_name_waits_until_elb_may_write(engine):
    args = AccessLogsArgs(retention_days=90, protect=True)
    engine.run(
        lambda: aws.lb.LoadBalancer("b", access_logs={"bucket": AccessLogs("access-logs", args).bucket_name}).arn
    )
    waits_for = engine.options("lb/loadBalancer:LoadBalancer", "b").dependencies
    assert any("BucketPolicy" in urn for urn in waits_for)


def test_two_changes_of_the_buckets_access_do_not_meet(engine):
    declare(engine)
    dependencies = engine.options("s3/bucketPolicy:BucketPolicy", "access-logs-delivery").dependencies
    assert any("BucketPublicAccessBlock" in urn for urn in dependencies)


def test_a_protected_stack_keeps_a_bucket_with_logs_inside(engine):
    declare(engine)
    assert engine.one("s3/bucket:Bucket")["forceDestroy"] is False


def test_an_unprotected_stack_takes_its_logs_with_it(engine):
    declare(engine, protect=False)
    assert engine.one("s3/bucket:Bucket")["forceDestroy"] is True
