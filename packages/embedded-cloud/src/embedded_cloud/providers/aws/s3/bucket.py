"""S3: buckets."""

from contextlib import suppress

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.tagging import BUCKET_TAGS
from embedded_cloud.providers.call import Call
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values

HOSTED_ZONES = {"us-east-1": "Z3AQBSTGFYJSTF"}
"""Hosted zone of S3 website endpoints (AWS General Reference)."""


def _create_bucket(call: Call) -> str:
    _refuse_existing(call)
    place = {} if call.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": call.region}}
    locked = {"ObjectLockEnabledForBucket": True} if call.inputs.get("objectLockEnabled") else {}
    call.aws("s3").create_bucket(Bucket=call.inputs["bucket"], **place, **locked)
    return str(call.inputs["bucket"])


def _refuse_existing(call: Call) -> None:
    # CreateBucket succeeds for an own bucket in us-east-1; the official provider looks first.
    name = call.inputs["bucket"]
    with suppress(call.aws("s3").exceptions.ClientError):
        call.aws("s3").head_bucket(Bucket=name)
        raise OperationError(f'bucket: "{name}" exists already in this account (BucketAlreadyOwnedByYou)')


def _read_bucket(call: Call) -> Values:
    call.aws("s3").head_bucket(Bucket=call.id)
    return {
        "bucket": call.id,
        "arn": f"arn:aws:s3:::{call.id}",
        "bucketDomainName": f"{call.id}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{call.id}.s3.{call.region}.amazonaws.com",
        "bucketRegion": call.region,
        "hostedZoneId": HOSTED_ZONES.get(call.region),
    }


def _delete_bucket(call: Call) -> None:
    if call.state.get("forceDestroy"):
        _empty(call)
    call.aws("s3").delete_bucket(Bucket=call.id)


def _empty(call: Call) -> None:
    s3 = call.aws("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=call.id):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if versions:
            keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
            s3.delete_objects(Bucket=call.id, Delete={"Objects": keys, "Quiet": True})


EMULATION = Emulation(
    service="Amazon S3",
    types="aws:s3/",
    acts=("objects are stored and served",),
    stored=("logs that other services deliver",),
    refused=("buckets that are not empty, names that are taken",),
)

RESOURCES = (
    ResourceType(
        "aws:s3/bucket:Bucket",
        reported="bucket",
        unreported="forceDestroy objectLockEnabled",
        replaces="bucket objectLockEnabled",
        name=AutoName("bucket", max_length=63, lower=True),
        tags=BUCKET_TAGS,
        effect="stores and serves objects",
        create=_create_bucket,
        read=_read_bucket,
        update=lambda _call: None,
        delete=_delete_bucket,
    ),
)
