"""Objects in buckets that the program itself puts there."""

import base64

from local.provider.aws import references
from local.provider.call import Call
from local.provider.entry import ResourceType
from local.provider.values import Values


def _content(call: Call) -> bytes:
    if "contentBase64" in call.inputs:
        return base64.b64decode(call.inputs["contentBase64"])
    return str(call.inputs["content"]).encode()


def _put(call: Call) -> str:
    bucket, key = call.inputs["bucket"], call.inputs["key"]
    call.aws("s3").put_object(Bucket=bucket, Key=key, Body=_content(call), **call.params("contentType"))
    return f"{bucket}/{key}"


def _read(call: Call) -> Values:
    bucket, _, key = call.id.partition("/")
    head = call.aws("s3").head_object(Bucket=bucket, Key=key)
    return {"bucket": bucket, "key": key, "etag": head["ETag"].strip('"'), "arn": f"arn:aws:s3:::{bucket}/{key}"}


def _delete(call: Call) -> None:
    bucket, _, key = call.id.partition("/")
    call.aws("s3").delete_object(Bucket=bucket, Key=key)


def _one_content(values: Values) -> list[tuple[str, str]]:
    given = [name for name in ("content", "contentBase64") if name in values]
    return [] if len(given) == 1 else [("content", "exactly one of content and contentBase64 must be set")]


RESOURCES = (
    ResourceType(
        "aws:s3/bucketObjectv2:BucketObjectv2",
        create=_put,
        read=_read,
        update=_put,
        delete=_delete,
        reported="bucket key",
        unreported="content contentBase64 contentType",
        replaces="bucket key",
        references={"bucket": references.BUCKET},
        check=_one_content,
    ),
)
