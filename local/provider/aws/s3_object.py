"""Objects in buckets that the program itself puts there."""

import base64
from collections.abc import Mapping
from urllib.parse import urlencode

from local.provider.aws import references
from local.provider.aws.tagging import as_map, pairs
from local.provider.call import Call
from local.provider.entry import ResourceType, Tagging
from local.provider.values import Values


def _content(call: Call) -> bytes:
    if "contentBase64" in call.inputs:
        return base64.b64decode(call.inputs["contentBase64"])
    return str(call.inputs["content"]).encode()


def _put(call: Call) -> str:
    bucket, key = call.inputs["bucket"], call.inputs["key"]
    # A new version of an object begins without the tags of the one before.
    tags = urlencode(call.inputs.get("tagsAll") or call.inputs.get("tags") or {})
    call.aws("s3").put_object(Bucket=bucket, Key=key, Body=_content(call), Tagging=tags, **call.params("contentType"))
    return f"{bucket}/{key}"


def _read(call: Call) -> Values:
    bucket, _, key = call.id.partition("/")
    head = call.aws("s3").head_object(Bucket=bucket, Key=key)
    return {"bucket": bucket, "key": key, "etag": head["ETag"].strip('"'), "arn": f"arn:aws:s3:::{bucket}/{key}"}


def _delete(call: Call) -> None:
    bucket, _, key = call.id.partition("/")
    call.aws("s3").delete_object(Bucket=bucket, Key=key)


def _tags(call: Call) -> dict[str, str]:
    bucket, _, key = call.id.partition("/")
    return as_map(call.aws("s3").get_object_tagging(Bucket=bucket, Key=key)["TagSet"])


def _put_tags(call: Call, tags: Mapping[str, str]) -> None:
    # S3 only replaces the whole set.
    _set_tags(call, _tags(call) | dict(tags))


def _remove_tags(call: Call, names: list[str]) -> None:
    _set_tags(call, {name: value for name, value in _tags(call).items() if name not in names})


def _set_tags(call: Call, tags: Mapping[str, str]) -> None:
    bucket, _, key = call.id.partition("/")
    call.aws("s3").put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": pairs(tags)})


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
        tags=Tagging(read=_tags, write=_put_tags, remove=_remove_tags),
        check=_one_content,
    ),
)
