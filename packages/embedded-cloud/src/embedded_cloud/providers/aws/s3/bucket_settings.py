"""S3: settings of buckets."""

from collections.abc import Callable
from typing import Any

from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.documents import same_policy
from embedded_cloud.providers.aws.tagging import as_map, pairs
from embedded_cloud.providers.call import Call, from_boto, to_boto
from embedded_cloud.providers.entry import ResourceType
from embedded_cloud.providers.values import Values

_LIFECYCLE = (
    "status abortIncompleteMultipartUpload expiration transitions "
    "noncurrentVersionExpiration noncurrentVersionTransitions"
)
_ENCRYPTION = "ServerSideEncryptionConfiguration"
_ENCRYPTION_RULE = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}


def to_lifecycle(rules: list[Values]) -> list[dict[str, Any]]:
    return [
        {**to_boto(rule, _LIFECYCLE, id="ID"), "Filter": _to_filter(rule.get("filter") or {"prefix": ""})}
        for rule in rules
    ]


def from_lifecycle(rules: list[dict[str, Any]]) -> list[Values]:
    return [
        {**from_boto(rule, _LIFECYCLE, id="ID"), "filter": _from_filter(rule.get("Filter") or {})} for rule in rules
    ]


def _to_filter(given: Values) -> dict[str, Any]:
    wanted = to_boto(given, "prefix objectSizeGreaterThan objectSizeLessThan tag")
    if given.get("and"):
        wanted["And"] = to_boto(given["and"], "prefix objectSizeGreaterThan objectSizeLessThan")
        if given["and"].get("tags"):
            wanted["And"]["Tags"] = pairs(given["and"]["tags"])
    return wanted


def _from_filter(reported: dict[str, Any]) -> Values:
    sizes = {name: int(reported[name]) for name in reported if name.startswith("ObjectSize")}
    known = from_boto({**reported, **sizes}, "prefix objectSizeGreaterThan objectSizeLessThan tag")
    both = reported.get("And")
    if both:
        known["and"] = from_boto(both, "prefix objectSizeGreaterThan objectSizeLessThan")
        if both.get("Tags"):
            known["and"]["tags"] = as_map(both["Tags"])
    return known


def to_encryption(rules: list[Values]) -> list[dict[str, Any]]:
    return [
        {
            **to_boto(rule, "bucketKeyEnabled"),
            "ApplyServerSideEncryptionByDefault": to_boto(
                rule["applyServerSideEncryptionByDefault"], **_ENCRYPTION_RULE
            ),
        }
        for rule in rules
    ]


def from_encryption(rules: list[dict[str, Any]]) -> list[Values]:
    return [
        {
            **from_boto(rule, "bucketKeyEnabled"),
            "applyServerSideEncryptionByDefault": from_boto(
                rule.get("ApplyServerSideEncryptionByDefault", {}), **_ENCRYPTION_RULE
            ),
        }
        for rule in rules
    ]


def _setting(
    token: str,
    properties: str,
    put: Callable[[Call, Any, str], object],
    get: Callable[[Any, str], Values | None],
    delete: Callable[[Any, str], object],
    **more: Any,
) -> ResourceType:
    """Make the type of a bucket setting: put, read and deleted as a whole; its id is the bucket's name."""

    def write(call: Call) -> str:
        put(call, call.aws("s3"), call.inputs["bucket"])
        return str(call.inputs["bucket"])

    def read(call: Call) -> Values | None:
        found = get(call.aws("s3"), call.id)
        return None if found is None else {"bucket": call.id, **found}

    return ResourceType(
        token,
        reported=f"bucket {properties}",
        replaces="bucket",
        references={"bucket": references.BUCKET},
        create=write,
        read=read,
        update=write,
        delete=lambda call: delete(call.aws("s3"), call.id),
        **more,
    )


_BLOCK = "blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets"


def _put_block(call: Call, s3: Any, bucket: str) -> None:
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=call.params(_BLOCK))


def _put_versioning(call: Call, s3: Any, bucket: str) -> None:
    status = call.inputs["versioningConfiguration"]["status"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def _get_versioning(s3: Any, bucket: str) -> Values | None:
    status = s3.get_bucket_versioning(Bucket=bucket).get("Status")
    return {"versioningConfiguration": {"status": status}} if status else None


RESOURCES = (
    _setting(
        "aws:s3/bucketPolicy:BucketPolicy",
        "policy",
        lambda call, s3, bucket: s3.put_bucket_policy(Bucket=bucket, Policy=call.inputs["policy"]),
        lambda s3, bucket: {"policy": s3.get_bucket_policy(Bucket=bucket)["Policy"]},
        lambda s3, bucket: s3.delete_bucket_policy(Bucket=bucket),
        equal={"policy": same_policy},
    ),
    _setting(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        _BLOCK,
        _put_block,
        lambda s3, bucket: from_boto(
            s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"], _BLOCK
        ),
        lambda s3, bucket: s3.delete_public_access_block(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketVersioning:BucketVersioning",
        "versioningConfiguration",
        _put_versioning,
        _get_versioning,
        # Versioning can only be suspended; pulumi-aws does the same.
        lambda s3, bucket: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}),
    ),
    _setting(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "rules",
        lambda call, s3, bucket: s3.put_bucket_encryption(
            Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": to_encryption(call.inputs["rules"])}
        ),
        lambda s3, bucket: {"rules": from_encryption(s3.get_bucket_encryption(Bucket=bucket)[_ENCRYPTION]["Rules"])},
        lambda s3, bucket: s3.delete_bucket_encryption(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "rules",
        lambda call, s3, bucket: s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": to_lifecycle(call.inputs["rules"])}
        ),
        lambda s3, bucket: {"rules": from_lifecycle(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])},
        lambda s3, bucket: s3.delete_bucket_lifecycle(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "rule",
        lambda call, s3, bucket: s3.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": call.inputs["rule"]["objectOwnership"]}]}
        ),
        lambda s3, bucket: {
            "rule": from_boto(
                s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0], "objectOwnership"
            )
        },
        lambda s3, bucket: s3.delete_bucket_ownership_controls(Bucket=bucket),
    ),
)
