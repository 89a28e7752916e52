"""The role with which RDS writes what its operating system does, once a minute, to CloudWatch."""

import pulumi
import pulumi_aws as aws

from infra import policies


def monitoring_role(name: str, parent: pulumi.ComponentResource) -> tuple[aws.iam.Role, aws.iam.RolePolicyAttachment]:
    """The role, and the right to write, for which the instance has to wait (control RDS.6)."""
    child = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(f"{name}-monitoring", assume_role_policy=policies.monitoring_trust(), opts=child)
    attachment = aws.iam.RolePolicyAttachment(
        f"{name}-monitoring-writes",
        role=role.name,
        policy_arn="arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
        opts=child,
    )
    return role, attachment
