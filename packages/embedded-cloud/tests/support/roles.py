"""Roles of ECS tasks for tests."""

import json
from typing import Any

TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def create_role(iam: Any, name: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None) -> str:
    """A role that ECS takes; its ARN."""
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust or TRUST))["Role"]["Arn"]
    if statements:
        grant(iam, name, *statements)
    return arn


def grant(iam: Any, name: str, *statements: dict[str, Any]) -> None:
    """What the role may do from now on."""
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
