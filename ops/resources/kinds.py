"""Kinds of resources that an interrupted run may leave: Pulumi's type, import ID, and the command that deletes one."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of AWS resource."""

    type: str
    """Pulumi's type token."""
    delete: str
    """Command of the AWS CLI with `{id}`, `{name}`, `{arn}`, `{url}` or `{parent}` of the resource."""
    imported_by: str = "id"
    """Its import ID: `id`, `arn`, `name` (all that follows the kind in the ARN), `path` (cluster/service,
    group/schedule), `url`, or `scope` (of a web ACL)."""


def _ec2(module: str, noun: str, command: str = "") -> Kind:
    return Kind(type=f"aws:{module}", delete=command or f"aws ec2 delete-{noun} --{noun}-id {{id}}")


def _by_arn(module: str, command: str) -> Kind:
    return Kind(type=f"aws:{module}", delete=command, imported_by="arn")


def _cache(module: str, noun: str, identifier: str) -> Kind:
    option = f"--{noun}-{identifier} {{id}}"
    return Kind(type=f"aws:elasticache/{module}", delete=f"aws elasticache delete-{noun} {option}")


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
        delete="aws ecs delete-service --force --cluster {parent} --service {id}",
        imported_by="path",
    ),
    "elasticache:parametergroup": _cache("parameterGroup:ParameterGroup", "cache-parameter-group", "name"),
    "elasticache:replicationgroup": Kind(
        type="aws:elasticache/replicationGroup:ReplicationGroup",
        delete="aws elasticache delete-replication-group --final-snapshot-identifier last-of-{id} "
        "--replication-group-id {id}",
    ),
    "elasticache:subnetgroup": _cache("subnetGroup:SubnetGroup", "cache-subnet-group", "name"),
    "elasticache:user": _cache("user:User", "user", "id"),
    "elasticache:usergroup": _cache("userGroup:UserGroup", "user-group", "id"),
    "elasticloadbalancing:listener": _by_arn("lb/listener:Listener", "aws elbv2 delete-listener --listener-arn {arn}"),
    "elasticloadbalancing:loadbalancer": _by_arn(
        "lb/loadBalancer:LoadBalancer", "aws elbv2 delete-load-balancer --load-balancer-arn {arn}"
    ),
    "elasticloadbalancing:targetgroup": _by_arn(
        "lb/targetGroup:TargetGroup", "aws elbv2 delete-target-group --target-group-arn {arn}"
    ),
    "events:rule": Kind(
        type="aws:cloudwatch/eventRule:EventRule",
        delete="aws events remove-targets --rule {id} --ids $(aws events list-targets-by-rule --rule {id} "
        "--query 'Targets[].Id' --output text) && aws events delete-rule --name {id}",
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
    "pipes:pipe": Kind(type="aws:pipes/pipe:Pipe", delete="aws pipes delete-pipe --name {id}"),
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
    "scheduler:schedule": Kind(
        type="aws:scheduler/schedule:Schedule",
        delete="aws scheduler delete-schedule --group-name {parent} --name {id}",
        imported_by="path",
    ),
    "scheduler:schedule-group": Kind(
        type="aws:scheduler/scheduleGroup:ScheduleGroup", delete="aws scheduler delete-schedule-group --name {id}"
    ),
    "secretsmanager:secret": _by_arn(
        "secretsmanager/secret:Secret", "aws secretsmanager delete-secret --secret-id {arn}"
    ),
    "sns:": _by_arn("sns/topic:Topic", "aws sns delete-topic --topic-arn {arn}"),
    "sqs:": Kind(type="aws:sqs/queue:Queue", delete="aws sqs delete-queue --queue-url {url}", imported_by="url"),
    "ssm:parameter": Kind(
        type="aws:ssm/parameter:Parameter", delete="aws ssm delete-parameter --name {name}", imported_by="name"
    ),
    "wafv2:regional": Kind(
        type="aws:wafv2/webAcl:WebAcl",
        delete="acl='--scope REGIONAL --name {parent} --id {id}'; aws wafv2 delete-web-acl $acl --lock-token "
        "$(aws wafv2 get-web-acl $acl --query LockToken --output text)",
        imported_by="scope",
    ),
}
"""By service and kind, as in ARNs. Other kinds are created by AWS (tasks, network interfaces, backups) or remain on
purpose (task definitions, snapshots)."""
