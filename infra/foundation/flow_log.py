"""VPC flow log of rejected traffic, and the role that writes it."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.policies import Arn

_WRITE = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"]


def log_rejected_traffic(
    name: str, vpc_id: pulumi.Input[str], log_group_arn: pulumi.Input[str], parent: pulumi.ComponentResource
) -> None:
    """Log every connection that a security group or network ACL rejects (Security Hub control EC2.6)."""
    child = pulumi.ResourceOptions(parent=parent)
    group: pulumi.Output[str] = pulumi.Output.from_input(log_group_arn)
    role = aws.iam.Role(
        f"{name}-writer",
        description="Writes the VPC's flow log",
        assume_role_policy=group.apply(lambda arn: json.dumps(_trust(Arn.parse(arn).account))),
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-writer",
        role=role.name,
        policy=group.apply(lambda arn: json.dumps(_write(arn))),
        opts=child,
    )
    aws.ec2.FlowLog(
        name,
        vpc_id=vpc_id,
        traffic_type="REJECT",
        log_destination_type="cloud-watch-logs",
        log_destination=log_group_arn,
        iam_role_arn=role.arn,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )


def _trust(account: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _write(log_group_arn: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": _WRITE, "Resource": f"{log_group_arn}:*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
