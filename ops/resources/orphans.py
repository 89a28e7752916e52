"""Orphans: the stack's resources in AWS that Pulumi's state does not have, left by an interrupted run."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from infra import naming
from ops.ecs import schedules
from ops.resources import retained
from ops.resources.kinds import KINDS, Kind

TAGS_OF_ALL_REGIONS = "us-east-1"
"""The tagging API lists hosted zones of Route 53 only in this region."""


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """A resource that is not in Pulumi's state."""

    arn: str
    label: str
    """Its tag Name: <project>-<stack>-<logical name>; empty for a schedule, which has no tags."""
    kind: Kind
    retained: bool = False
    """Whether it stays on purpose, so that it is no orphan to delete (`retained.py`)."""

    @property
    def pulumi_id(self) -> str:
        """The ID for `pulumi import`."""
        identifiers = {
            "arn": self.arn,
            "id": _last(self.arn),
            "name": name_in(self.arn),
            "path": "/".join(self.arn.split("/")[-2:]),
            "url": _url(self.arn),
            "scope": f"{_last(self.arn)}/{_parent(self.arn)}/REGIONAL",
        }
        return identifiers[self.kind.imported_by]

    @property
    def delete(self) -> str:
        """The command that deletes the resource."""
        names = {"id": _last(self.arn), "name": name_in(self.arn), "url": _url(self.arn)}
        return self.kind.delete.format(**names, arn=self.arn, parent=_parent(self.arn))


def find(session: boto3.Session, project: str, stack: str, known: Collection[str]) -> list[Orphan]:
    """Resources with the tags of this stack, and its schedules, that are not among the `known` IDs and ARNs, by label.

    Leaves out what is deleted already and only waits for the end of its recovery window.
    """
    found = {arn: tags for query in (_tagged, _roles, _schedules) for arn, tags in query(session, project, stack)}
    unknown = {arn: tags for arn, tags in found.items() if not {arn, _last(arn), name_in(arn)} & set(known)}
    # An account has up to thousands of snapshots: they are listed once, and only for a key.
    keys_of_snapshots = cache(lambda: retained.keys_of_snapshots(session))
    orphans = [
        Orphan(
            arn=arn,
            label=tags.get("Name", ""),
            kind=KINDS[kind],
            retained=retained.is_retained(kind, arn, tags, keys_of_snapshots),
        )
        for arn, tags in unknown.items()
        if (kind := kind_of(arn)) in KINDS and not retained.is_deleted(session, kind, arn)
    ]
    return sorted(orphans, key=lambda one: (one.label, one.arn))


def kind_of(arn: str) -> str:
    """`ec2:vpc` for arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0a1b. Buckets, topics and queues have none: `s3:`."""
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    if service in ("s3", "sns", "sqs"):
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


def _parent(arn: str) -> str:
    """What stands before the last part: cluster of a service, group of a schedule, name of a web ACL before its ID."""
    return arn.split("/")[-2] if "/" in arn else ""


def _url(arn: str) -> str:
    """Of a queue, by which SQS knows it."""
    region, account = arn.split(":")[3:5]
    return f"https://sqs.{region}.amazonaws.com/{account}/{_last(arn)}"


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


def _schedules(session: boto3.Session, project: str, stack: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Schedules have no tags: they are the stack's by their group."""
    for schedule in schedules.of_group(session, naming.schedule_group(project, stack)):
        yield schedule["Arn"], {}
