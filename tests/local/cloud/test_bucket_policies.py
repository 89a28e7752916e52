"""A bucket policy says the same here as on AWS about requests that come with TLS."""

import json

import pytest
from botocore.exceptions import ClientError

from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client

DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
}
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def put_policy(cloud: EmbeddedCloud, *statements: object) -> None:
    s3 = client(cloud, "s3")
    s3.create_bucket(Bucket="media")
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    s3.put_bucket_policy(Bucket="media", Policy=json.dumps(policy))


def test_a_bucket_that_insists_on_tls_still_takes_and_gives_objects(cloud: EmbeddedCloud) -> None:
    put_policy(cloud, DENY | {"Condition": WITHOUT_TLS})
    s3 = client(cloud, "s3")
    s3.put_object(Bucket="media", Key="me.webp", Body=b"picture")
    assert s3.get_object(Bucket="media", Key="me.webp")["Body"].read() == b"picture"
    assert "SecureTransport" in s3.get_bucket_policy(Bucket="media")["Policy"]


def test_a_plain_refusal_still_refuses(cloud: EmbeddedCloud) -> None:
    put_policy(cloud, DENY)
    with pytest.raises(ClientError, match=r"Forbidden|AccessDenied"):
        client(cloud, "s3").put_object(Bucket="media", Key="me.webp", Body=b"picture")


def test_an_object_whose_last_version_is_a_deletion_marker_can_be_forgotten_with_all_its_versions(
    cloud: EmbeddedCloud,
) -> None:
    s3 = client(cloud, "s3")
    s3.create_bucket(Bucket="media")
    s3.put_bucket_versioning(Bucket="media", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="media", Key="me.webp", Body=b"picture")
    s3.delete_object(Bucket="media", Key="me.webp")
    (page,) = s3.get_paginator("list_object_versions").paginate(Bucket="media")
    versions = [*page["Versions"], *page["DeleteMarkers"]]
    keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
    s3.delete_objects(Bucket="media", Delete={"Objects": keys})
    s3.delete_bucket(Bucket="media")
    assert s3.list_buckets()["Buckets"] == []
