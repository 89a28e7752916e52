"""The permissions boundary of every role of the stack, added in one place."""

from typing import Any

import pulumi
from pulumi.runtime import register_stack_transformation


def bound_roles(project: str, stack: str, boundary_arn: str) -> None:
    """Give every IAM role declared after this call the boundary, and the path that belongs to the stack.

    A deploy role is allowed to create roles with this boundary under this path only (bootstrap/changes.py).
    An empty ARN changes nothing: a person with administrator credentials deploys.
    """
    if not boundary_arn:
        return

    def add_boundary(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != "aws:iam/role:Role":
            return None
        bounded: dict[str, Any] = {"permissions_boundary": boundary_arn, "path": f"/{project}/{stack}/"}
        return pulumi.ResourceTransformationResult({**args.props, **bounded}, args.opts)

    register_stack_transformation(add_boundary)
