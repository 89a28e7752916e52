"""Amazon S3: docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations.call import Call, UnknownOperationError, encrypted, request
from embedded_cloud.iam.resources import Resources

_READ = ("Decrypt",)
_WRITE = ("GenerateDataKey",)
OBJECT_ACTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "GetObject": ("GetObject", _READ),
    "HeadObject": ("GetObject", ()),
    "GetObjectAttributes": ("GetObject", ()),
    "PutObject": ("PutObject", _WRITE),
    "CreateMultipartUpload": ("PutObject", _WRITE),
    "UploadPart": ("PutObject", (*_WRITE, *_READ)),
    "CompleteMultipartUpload": ("PutObject", _READ),
    "AbortMultipartUpload": ("AbortMultipartUpload", ()),
    "ListParts": ("ListMultipartUploadParts", ()),
    "DeleteObject": ("DeleteObject", ()),
    "GetObjectAcl": ("GetObjectAcl", ()),
    "PutObjectAcl": ("PutObjectAcl", ()),
    "GetObjectTagging": ("GetObjectTagging", ()),
    "PutObjectTagging": ("PutObjectTagging", ()),
    "DeleteObjectTagging": ("DeleteObjectTagging", ()),
    "RestoreObject": ("RestoreObject", ()),
}
"""Action on the object, and what S3 asks KMS for an encrypted one
(docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html)."""
VERSIONED = frozenset(("GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging"))
"""Actions with another name for one version of an object."""
BUCKET_ACTIONS: Mapping[str, str] = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
}
"""Actions on the bucket with another name than the operation."""


def requests(call: Call, resources: Resources) -> Iterable[Request]:
    """What an operation of S3 needs. Raises UnknownOperationError."""
    if call.operation == "ListBuckets":
        return [request("s3:ListAllMyBuckets")]
    bucket = call.text("Bucket")
    if call.operation == "CopyObject":
        return [*_source(call, resources), *_object(call, resources, "PutObject", bucket, call.text("Key"))]
    if call.operation == "UploadPartCopy":
        return [*_source(call, resources), *_object(call, resources, "UploadPart", bucket, call.text("Key"))]
    if call.operation == "DeleteObjects":
        keys = [one["Key"] for one in call.parameters["Delete"]["Objects"]]
        return [one for key in keys for one in _object(call, resources, "DeleteObject", bucket, key)]
    if call.operation in OBJECT_ACTIONS:
        return _object(call, resources, call.operation, bucket, call.text("Key"))
    if call.operation in BUCKET_ACTIONS or "Bucket" in call.operation:
        action = BUCKET_ACTIONS.get(call.operation, call.operation)
        listed = {"s3_prefix": call.text("Prefix")} if action == "ListBucket" else {}
        return [request(f"s3:{action}", f"arn:aws:s3:::{bucket}", **listed)]
    raise UnknownOperationError(f"s3:{call.operation}")


def _object(call: Call, resources: Resources, operation: str, bucket: str, key: str) -> list[Request]:
    action, of_key = OBJECT_ACTIONS[operation]
    version = "Version" if action in VERSIONED and call.text("VersionId") else ""
    where = f"arn:aws:s3:::{bucket}/{key}"
    needed = [request(f"s3:{_versioned(action) if version else action}", where)]
    if operation in ("PutObject", "CreateMultipartUpload"):
        needed += [request("s3:PutObjectTagging", where)] if call.text("Tagging") else []
        needed += [request("s3:PutObjectAcl", where)] if call.text("ACL") not in ("", "private") else []
    if operation in ("GetObject", "HeadObject") and not resources.has_object(bucket, key):
        # Without it S3 does not say that an object is missing.
        return [*needed, request("s3:ListBucket", f"arn:aws:s3:::{bucket}")]
    found = resources.bucket(bucket)
    own_key = call.text("SSEKMSKeyId") if of_key == _WRITE else ""
    context = {"aws:s3:arn": f"arn:aws:s3:::{bucket}" if found.bucket_key else where}
    key_arn = resources.key(own_key) if own_key else found.key_arn
    return [*needed, *encrypted(key_arn, call, "s3", *of_key, context=context)]


def _versioned(action: str) -> str:
    """`GetObjectVersion`, `GetObjectVersionTagging`."""
    return action.replace("Object", "ObjectVersion", 1)


def _source(call: Call, resources: Resources) -> list[Request]:
    given = call.parameters["CopySource"]
    text = given if isinstance(given, str) else f"{given['Bucket']}/{given['Key']}"
    bucket, _, key = unquote(text).lstrip("/").partition("?")[0].partition("/")
    return _object(call, resources, "GetObject", bucket, key)
