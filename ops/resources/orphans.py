"""Orphans: resources with the stack's tags in AWS that Pulumi's state does not have, left by an interrupted run."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from ops.resources import retained

TAGS_OF_ALL_REGIONS = "us-east-1"
"""The tagging API lists hosted zones of Route 53 only in this region."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of AWS resource with tags."""

    type: str
    """Pulumi's type token."""
    delete: str
    """Command of the AWS CLI with `{id}`, `{name}`, `{arn}` or `{cluster}` of the resource."""
    imported_by: str = "id"
    """Its import ID: `id`, `arn`, `name` (all that follows the kind in the ARN), or `path` (cluster/service)."""


def _ec2(module: str, noun: str, command: str = "") -> Kind:
    return Kind(type=f"aws:{module}", delete=command or f"aws ec2 delete-{noun} --{noun}-id {{id}}")


def _by_arn(module: str, command: str) -> Kind:
    return Kind(type=f"aws:{module}", delete=command, imported_by="arn")


KINDS: Mapping[str, Kind] = {
    "acm:certificate": _by_arn("acm/certificate:Certificate", "aws acm delete-certificate --certificate-arn {arn}"),
    "cloudwatch:alarm": Kind(
        type="aws:cloudwatch/metricAlarm:MetricAlarm", delete="aws cloudwatch delete-alarms --alarm-names {id}"
    ),
    "ec2:egress-only-internet-gateway": _ec2(
        "ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", "egress-only-internet-gateway"
    ),
    "ec2:elastic-ip": _ec2("ec2/eip:Eip", "", "aws ec2 release-address --allocation-id {id}"),
    "ec2:internet-gateway": _ec2("ec2/internetGateway:InternetGateway", "internet-gateway"),
    "ec2:natgateway": _ec2("ec2/natGateway:NatGateway", "nat-gateway"),
    "ec2:route-table": _ec2("ec2/routeTable:RouteTable", "route-table"),
    "ec2:security-group": _ec2("ec2/securityGroup:SecurityGroup", "", "aws ec2 delete-security-group --group-id {id}"),
    "ec2:subnet": _ec2("ec2/subnet:Subnet", "subnet"),
    "ec2:vpc": _ec2("ec2/vpc:Vpc", "vpc"),
    "ec2:vpc-endpoint": _ec2("ec2/vpcEndpoint:VpcEndpoint", "", "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {id}"),
    "ec2:vpc-flow-log": _ec2("ec2/flowLog:FlowLog", "", "aws ec2 delete-flow-logs --flow-log-ids {id}"),
    "ecr:repository": Kind(
        type="aws:ecr/repository:Repository", delete="aws ecr delete-repository --repository-name {name}"
    ),
    "ecs:cluster": Kind(type="aws:ecs/cluster:Cluster", delete="aws ecs delete-cluster --cluster {id}"),
    "ecs:service": Kind(
        type="aws:ecs/service:Service",
        delete="aws ecs delete-service --force --cluster {cluster} --service {id}",
        imported_by="path",
    ),
    "elasticloadbalancing:listener": _by_arn("lb/listener:Listener", "aws elbv2 delete-listener --listener-arn {arn}"),
    "elasticloadbalancing:loadbalancer": _by_arn(
        "lb/loadBalancer:LoadBalancer", "aws elbv2 delete-load-balancer --load-balancer-arn {arn}"
    ),
    "elasticloadbalancing:targetgroup": _by_arn(
        "lb/targetGroup:TargetGroup", "aws elbv2 delete-target-group --target-group-arn {arn}"
    ),
    "iam:role": Kind(type="aws:iam/role:Role", delete="aws iam delete-role --role-name {id}"),
    "kms:key": Kind(
        type="aws:kms/key:Key", delete="aws kms schedule-key-deletion --pending-window-in-days 7 --key-id {id}"
    ),
    "logs:log-group": Kind(
        type="aws:cloudwatch/logGroup:LogGroup",
        delete="aws logs delete-log-group --log-group-name {name}",
        imported_by="name",
    ),
    "rds:db": Kind(
        type="aws:rds/instance:Instance",
        delete="aws rds delete-db-instance --final-db-snapshot-identifier last-of-{id} --db-instance-identifier {id}",
    ),
    "rds:pg": Kind(
        type="aws:rds/parameterGroup:ParameterGroup",
        delete="aws rds delete-db-parameter-group --db-parameter-group-name {id}",
    ),
    "rds:subgrp": Kind(
        type="aws:rds/subnetGroup:SubnetGroup",
        delete="aws rds delete-db-subnet-group --db-subnet-group-name {id}",
    ),
    "route53:hostedzone": Kind(type="aws:route53/zone:Zone", delete="aws route53 delete-hosted-zone --id {id}"),
    "s3:": Kind(type="aws:s3/bucket:Bucket", delete="aws s3 rb s3://{id}"),
    "secretsmanager:secret": _by_arn(
        "secretsmanager/secret:Secret", "aws secretsmanager delete-secret --secret-id {arn}"
    ),
    "sns:": _by_arn("sns/topic:Topic", "aws sns delete-topic --topic-arn {arn}"),
    "ssm:parameter": Kind(
        type="aws:ssm/parameter:Parameter", delete="aws ssm delete-parameter --name {name}", imported_by="name"
    ),
}
"""By service and kind, as in ARNs. Other kinds are created by AWS (tasks, network interfaces, backups) or remain on
purpose (task definitions, snapshots)."""


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """A resource that is not in Pulumi's state."""

    arn: str
    label: str
    """Its tag Name: <project>-<stack>-<logical name>."""
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
        }
        return identifiers[self.kind.imported_by]

    @property
    def delete(self) -> str:
        """The command that deletes the resource."""
        cluster = self.arn.split("/")[-2] if "/" in self.arn else ""
        return self.kind.delete.format(id=_last(self.arn), name=name_in(self.arn), arn=self.arn, cluster=cluster)


def find(session: boto3.Session, project: str, stack: str, known: Collection[str]) -> list[Orphan]:
    """Resources with the tags of this stack that are not among the `known` IDs and ARNs, sorted by label.

    Leaves out what is deleted already and only waits for the end of its recovery window.
    """
    found = {arn: tags for query in (_tagged, _roles) for arn, tags in query(session, project, stack)}
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
