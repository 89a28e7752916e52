"""How the services that this package's entries use read and write tags."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from local.provider.call import Call
from local.provider.entry import Tagging


def pairs(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as the list of pairs most services take."""
    return [{key: name, value: text} for name, text in tags.items()]


def as_map(tags: list[dict[str, Any]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    """The opposite of `pairs`. AWS's own `aws:` tags are no business of the program."""
    return {tag[key]: tag[value] for tag in tags if not tag[key].startswith("aws:")}


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


def _bucket_tags(call: Call) -> dict[str, str]:
    try:
        return as_map(call.aws("s3").get_bucket_tagging(Bucket=call.id)["TagSet"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return {}
        raise


def _put_bucket_tags(call: Call, tags: Mapping[str, str]) -> None:
    # S3 only replaces the whole set.
    call.aws("s3").put_bucket_tagging(Bucket=call.id, Tagging={"TagSet": pairs(_bucket_tags(call) | dict(tags))})


def _remove_bucket_tags(call: Call, names: list[str]) -> None:
    left = {name: value for name, value in _bucket_tags(call).items() if name not in names}
    call.aws("s3").put_bucket_tagging(Bucket=call.id, Tagging={"TagSet": pairs(left)})


BUCKET_TAGS = Tagging(read=_bucket_tags, write=_put_bucket_tags, remove=_remove_bucket_tags)


def _acm(call: Call) -> Any:
    return call.aws("acm")


ACM_TAGS = Tagging(
    read=lambda call: as_map(_acm(call).list_tags_for_certificate(CertificateArn=call.id)["Tags"]),
    write=lambda call, tags: _acm(call).add_tags_to_certificate(CertificateArn=call.id, Tags=pairs(tags)),
    remove=lambda call, names: _acm(call).remove_tags_from_certificate(
        CertificateArn=call.id, Tags=[{"Key": name} for name in names]
    ),
)
KMS_TAGS = Tagging(
    read=lambda call: as_map(call.aws("kms").list_resource_tags(KeyId=call.id)["Tags"], "TagKey", "TagValue"),
    write=lambda call, tags: call.aws("kms").tag_resource(KeyId=call.id, Tags=pairs(tags, "TagKey", "TagValue")),
    remove=lambda call, names: call.aws("kms").untag_resource(KeyId=call.id, TagKeys=names),
)
ZONE_TAGS = Tagging(
    read=lambda call: as_map(
        call.aws("route53").list_tags_for_resource(ResourceType="hostedzone", ResourceId=call.id)["ResourceTagSet"][
            "Tags"
        ]
    ),
    write=lambda call, tags: call.aws("route53").change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=call.id, AddTags=pairs(tags)
    ),
    remove=lambda call, names: call.aws("route53").change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=call.id, RemoveTagKeys=names
    ),
)
WAF_TAGS = Tagging(
    read=lambda call: as_map(
        call.aws("wafv2").list_tags_for_resource(ResourceARN=call.state["arn"])["TagInfoForResource"]["TagList"]
    ),
    write=lambda call, tags: call.aws("wafv2").tag_resource(ResourceARN=call.state["arn"], Tags=pairs(tags)),
    remove=lambda call, names: call.aws("wafv2").untag_resource(ResourceARN=call.state["arn"], TagKeys=names),
)
