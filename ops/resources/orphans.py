"""Orphans: resources with the stack's tags in AWS that Pulumi's state does not have, left by an interrupted run."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import boto3

from ops.resources.orphan_kinds import KINDS, Kind

TAGS_OF_ALL_REGIONS = "us-east-1"
"""The tagging API lists hosted zones of Route 53 only in this region."""


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """A resource that is not in Pulumi's state."""

    arn: str
    label: str
    """Its tag Name: <project>-<stack>-<logical name>."""
    kind: Kind

    @property
    def pulumi_id(self) -> str:
        """The ID for `pulumi import`."""
        identifiers = {
            "arn": self.arn,
            "id": _last(self.arn),
            "name": name_in(self.arn),
            "path": "/".join(self.arn.split("/")[-2:]),
        }
        return identifiers[self.kind.imported_by]

    @property
    def delete(self) -> str:
        """The command that deletes the resource."""
        cluster = self.arn.split("/")[-2] if "/" in self.arn else ""
        return self.kind.delete.format(id=_last(self.arn), name=name_in(self.arn), arn=self.arn, cluster=cluster)


def find(session: boto3.Session, project: str, stack: str, known: Collection[str]) -> list[Orphan]:
    """Resources with the tags of this stack that are not among the `known` IDs and ARNs, sorted by label."""
    found = {arn: tags for query in (_tagged, _roles) for arn, tags in query(session, project, stack)}
    orphans = [
        Orphan(arn=arn, label=tags.get("Name", ""), kind=KINDS[kind])
        for arn, tags in found.items()
        if (kind := kind_of(arn)) in KINDS and not {arn, _last(arn), name_in(arn)} & set(known)
    ]
    return sorted(orphans, key=lambda one: (one.label, one.arn))


def kind_of(arn: str) -> str:
    """`ec2:vpc` for arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0a1b. ARNs of buckets and topics have no kind: `s3:`."""
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    if service in ("s3", "sns"):
        return f"{service}:"
    kind = resource.replace("/", ":").split(":")[0]
    return f"{service}:{kind}"


def name_in(arn: str) -> str:
    """The part of an ARN after its kind: `/aws/vpc` for arn:aws:logs:us-east-1:123456789012:log-group:/aws/vpc:*."""
    resource = arn.split(":", 5)[5]
    service = arn.split(":")[2]
    if service == "ssm":
        return f"/{resource.partition('/')[2]}"
    if service == "logs":
        return resource.removeprefix("log-group:").removesuffix(":*")
    return resource.partition("/")[2] or _last(arn)


def _last(arn: str) -> str:
    return arn.removesuffix(":*").replace("/", ":").rpartition(":")[2]


def _tagged(session: boto3.Session, project: str, stack: str) -> Iterator[tuple[str, dict[str, str]]]:
    filters = [{"Key": "Project", "Values": [project]}, {"Key": "Stack", "Values": [stack]}]
    for region in sorted({str(session.region_name), TAGS_OF_ALL_REGIONS}):
        client: Any = session.client("resourcegroupstaggingapi", region_name=region)
        for page in client.get_paginator("get_resources").paginate(TagFilters=filters):
            for one in page["ResourceTagMappingList"]:
                yield one["ResourceARN"], {tag["Key"]: tag["Value"] for tag in one["Tags"]}


def _roles(session: boto3.Session, project: str, stack: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The tagging API does not list roles."""
    iam: Any = session.client("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]}
            if (tags.get("Project"), tags.get("Stack")) == (project, stack):
                yield role["Arn"], tags
