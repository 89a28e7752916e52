"""Checks of the network: what is open to the world."""

from collections.abc import Iterator
from typing import Any

from ops.checks.check import REPAIR, Check, check
from ops.stack import Stack

AREA = "Network"
WORLD = {"0.0.0.0/0", "::/0"}
OPEN_PORTS = {80, 443}


def checks(stack: Stack) -> Iterator[Check]:
    """Open ports, the default security group, public subnets and the flow log."""
    ec2: Any = stack.session.client("ec2")
    yield _open_ports(stack)
    vpcs = [{"Name": "vpc-id", "Values": [_id(arn) for arn in stack.arns("ec2:vpc")]}]
    default = [
        rule["SecurityGroupRuleId"]
        for group in ec2.describe_security_groups(Filters=[*vpcs, {"Name": "group-name", "Values": ["default"]}])[
            "SecurityGroups"
        ]
        for rule in _rules(ec2, [group["GroupId"]])
    ]
    yield check(
        AREA,
        "The default security group has no rule",
        not default,
        found=" ".join(default),
        fix=REPAIR,
        control="EC2.2",
    )
    public = [one["SubnetId"] for one in ec2.describe_subnets(Filters=vpcs)["Subnets"] if one["MapPublicIpOnLaunch"]]
    rule = "No subnet gives public addresses by itself"
    yield check(AREA, rule, not public, found=" ".join(public), fix=REPAIR, control="EC2.15")
    logs = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": vpcs[0]["Values"]}])["FlowLogs"]
    yield check(AREA, "Flow logs of the VPC are on", bool(logs), fix=REPAIR, control="EC2.6")


def rules(stack: Stack) -> list[dict[str, Any]]:
    """Every rule in the stack's security groups, without those of the VPC's default group."""
    ec2: Any = stack.session.client("ec2")
    return list(_rules(ec2, [_id(arn) for arn in stack.arns("ec2:security-group")]))


def _open_ports(stack: Stack) -> Check:
    wide = [
        rule
        for rule in rules(stack)
        if not rule["IsEgress"]
        and WORLD & {rule.get("CidrIpv4"), rule.get("CidrIpv6")}
        and not (rule["FromPort"] == rule["ToPort"] and rule["FromPort"] in OPEN_PORTS)
    ]
    rule = "The world reaches ports 80 and 443 only"
    found = ", ".join(f"{one['GroupId']} {one['FromPort']}-{one['ToPort']}" for one in wide)
    revoke = (
        "aws ec2 revoke-security-group-ingress --group-id {GroupId} --security-group-rule-ids {SecurityGroupRuleId}"
    )
    fix = "; ".join(revoke.format_map(one) for one in wide)
    return check(AREA, rule, not wide, found=found, fix=fix, control="EC2.18")


def _rules(ec2: Any, groups: list[str]) -> Iterator[dict[str, Any]]:
    if groups:
        pages = ec2.get_paginator("describe_security_group_rules").paginate(
            Filters=[{"Name": "group-id", "Values": groups}]
        )
        yield from (rule for page in pages for rule in page["SecurityGroupRules"])


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]
