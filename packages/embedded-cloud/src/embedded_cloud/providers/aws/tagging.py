"""Tag operations of each AWS service. Most list, tag and untag by ARN, under names of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from embedded_cloud.providers.call import Call
from embedded_cloud.providers.entry import Tagging

Pair = tuple[str, str]
KEY_VALUE: Pair = ("Key", "Value")


def pairs(tags: Mapping[str, str], names: Pair = KEY_VALUE) -> list[dict[str, str]]:
    """Tags as the list of pairs that most services take."""
    key, value = names
    return [{key: name, value: text} for name, text in sorted(tags.items())]


def as_map(tags: Any, names: Pair = KEY_VALUE) -> dict[str, str]:
    """The opposite of `pairs`; a mapping stays as it is. Leaves out AWS's own `aws:` tags."""
    key, value = names
    found = tags if isinstance(tags, Mapping) else {tag[key]: tag.get(value, "") for tag in tags}
    return {name: text for name, text in found.items() if not name.startswith("aws:")}


@dataclass(frozen=True, kw_only=True)
class TagOperations:
    """Names of one service's tag operations and of their parameters."""

    service: str
    resource: str = "ResourceArn"
    tags: str = "Tags"
    keys: str = "TagKeys"
    answer: str = "Tags"
    """Key of the tags in the answer; `A.B` for one inside another."""
    read: str = "list_tags_for_resource"
    write: str = "tag_resource"
    remove: str = "untag_resource"
    pair: Pair = KEY_VALUE
    as_map: bool = False
    """Tags travel as a mapping, not as a list of pairs."""
    keys_in_pairs: bool = False
    """Keys to remove travel as pairs without a value."""


def tagging(names: TagOperations, resource: Callable[[Call], str], **always: Any) -> Tagging:
    """Tagging of one type. `resource` returns the id for the service; `always` is passed in each call."""

    def run(call: Call, operation: str, **parameters: Any) -> Any:
        return getattr(call.aws(names.service), operation)(**{names.resource: resource(call)}, **always, **parameters)

    def read(call: Call) -> dict[str, str]:
        answer = run(call, names.read)
        for key in names.answer.split("."):
            answer = answer.get(key) or {}
        return as_map(answer, names.pair)

    def write(call: Call, tags: dict[str, str]) -> object:
        return run(call, names.write, **{names.tags: tags if names.as_map else pairs(tags, names.pair)})

    def remove(call: Call, keys: list[str]) -> object:
        return run(call, names.remove, **{names.keys: [{"Key": key} for key in keys] if names.keys_in_pairs else keys})

    return Tagging(read=read, write=write, remove=remove)


def by_id(call: Call) -> str:
    """Physical id, for types where it is the id that tags go by."""
    return call.id


def by_state_arn(call: Call) -> str:
    """The `arn` output, for types with another physical id."""
    return str(call.state["arn"])


def iam_tagging(kind: str, parameter: str) -> Tagging:
    """Tagging of one kind of IAM resource: `role` with RoleName, `policy` with PolicyArn, ..."""
    names = TagOperations(
        service="iam", resource=parameter, read=f"list_{kind}_tags", write=f"tag_{kind}", remove=f"untag_{kind}"
    )
    return tagging(names, by_id)


ECS_TAGS = tagging(
    TagOperations(
        service="ecs", resource="resourceArn", tags="tags", keys="tagKeys", answer="tags", pair=("key", "value")
    ),
    by_state_arn,
)
REPOSITORY_TAGS = tagging(
    TagOperations(service="ecr", resource="resourceArn", tags="tags", keys="tagKeys", answer="tags"),
    lambda call: call.arn("ecr", f"repository/{call.id}"),
)
RDS_TAGS = tagging(
    TagOperations(
        service="rds",
        resource="ResourceName",
        answer="TagList",
        write="add_tags_to_resource",
        remove="remove_tags_from_resource",
    ),
    by_state_arn,
)
CACHE_TAGS = tagging(
    TagOperations(
        service="elasticache",
        resource="ResourceName",
        answer="TagList",
        write="add_tags_to_resource",
        remove="remove_tags_from_resource",
    ),
    by_state_arn,
)
PARAMETER_TAGS = tagging(
    TagOperations(
        service="ssm",
        resource="ResourceId",
        answer="TagList",
        write="add_tags_to_resource",
        remove="remove_tags_from_resource",
    ),
    by_id,
    ResourceType="Parameter",
)
LOG_GROUP_TAGS = tagging(
    TagOperations(service="logs", resource="resourceArn", tags="tags", keys="tagKeys", answer="tags", as_map=True),
    by_state_arn,
)
ALARM_TAGS = tagging(TagOperations(service="cloudwatch", resource="ResourceARN"), by_state_arn)
SECRET_TAGS = tagging(TagOperations(service="secretsmanager", resource="SecretId", read="describe_secret"), by_id)
TOPIC_TAGS = tagging(TagOperations(service="sns"), by_id)
CERTIFICATE_TAGS = tagging(
    TagOperations(
        service="acm",
        resource="CertificateArn",
        keys="Tags",
        read="list_tags_for_certificate",
        write="add_tags_to_certificate",
        remove="remove_tags_from_certificate",
        keys_in_pairs=True,
    ),
    by_id,
)
KMS_TAGS = tagging(
    TagOperations(service="kms", resource="KeyId", read="list_resource_tags", pair=("TagKey", "TagValue")), by_id
)
ZONE_TAGS = tagging(
    TagOperations(
        service="route53",
        resource="ResourceId",
        tags="AddTags",
        keys="RemoveTagKeys",
        answer="ResourceTagSet.Tags",
        write="change_tags_for_resource",
        remove="change_tags_for_resource",
    ),
    by_id,
    ResourceType="hostedzone",
)
WEB_ACL_TAGS = tagging(
    TagOperations(service="wafv2", resource="ResourceARN", answer="TagInfoForResource.TagList"), by_state_arn
)
EC2_TAGS = Tagging(
    read=lambda call: as_map(
        call.aws("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [call.id]}])["Tags"]
    ),
    write=lambda call, tags: call.aws("ec2").create_tags(Resources=[call.id], Tags=pairs(tags)),
    remove=lambda call, names: call.aws("ec2").delete_tags(Resources=[call.id], Tags=[{"Key": name} for name in names]),
)
ELB_TAGS = Tagging(
    read=lambda call: as_map(call.aws("elbv2").describe_tags(ResourceArns=[call.id])["TagDescriptions"][0]["Tags"]),
    write=lambda call, tags: call.aws("elbv2").add_tags(ResourceArns=[call.id], Tags=pairs(tags)),
    remove=lambda call, names: call.aws("elbv2").remove_tags(ResourceArns=[call.id], TagKeys=names),
)
KEPT_BY_PULUMI = Tagging(
    read=lambda call: dict(call.inputs.get("tagsAll") or call.inputs.get("tags") or {}),
    write=lambda _call, _tags: None,
    remove=lambda _call, _keys: None,
)
"""For services without tag operations in moto: the last known tags stand for AWS's."""


def _bucket_tags(call: Call) -> dict[str, str]:
    try:
        return as_map(call.aws("s3").get_bucket_tagging(Bucket=call.id)["TagSet"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return {}
        raise


def _set_bucket_tags(call: Call, tags: Mapping[str, str]) -> None:
    # S3 only replaces the whole set.
    call.aws("s3").put_bucket_tagging(Bucket=call.id, Tagging={"TagSet": pairs(tags)})


BUCKET_TAGS = Tagging(
    read=_bucket_tags,
    write=lambda call, tags: _set_bucket_tags(call, _bucket_tags(call) | tags),
    remove=lambda call, names: _set_bucket_tags(
        call, {name: value for name, value in _bucket_tags(call).items() if name not in names}
    ),
)
