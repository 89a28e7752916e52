"""What the ECS services of a release have in common: where their tasks run, and how a rollout fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.naming import MIGRATION_TAG, own_tag

ROLLOUT: dict[str, Any] = {
    "deployment_minimum_healthy_percent": 100,
    "deployment_maximum_percent": 200,
    "availability_zone_rebalancing": "ENABLED",
}
"""New tasks start before old ones stop."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Arguments that the services share."""

    cluster_arn: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    assign_public_ip: bool
    """True where the subnets have no other route to the internet (`egress: public`)."""
    migration_arn: pulumi.Input[str]
    """Task definition that migrates the database before a service changes."""


def ecs_service(
    name: str, placement: Placement, task: aws.ecs.TaskDefinition, opts: pulumi.ResourceOptions, **arguments: Any
) -> aws.ecs.Service:
    """Declare a service. Its desired count is only that of its creation: scaling changes it."""
    every = pulumi.ResourceOptions(
        ignore_changes=["desired_count"],
        custom_timeouts=pulumi.CustomTimeouts(create="15m", update="15m", delete="10m"),
    )
    return aws.ecs.Service(
        f"{name}-service",
        cluster=placement.cluster_arn,
        task_definition=task.arn,
        platform_version="LATEST",
        # The release before comes back when this one stays unhealthy.
        deployment_circuit_breaker={"enable": True, "rollback": True},
        # The release hooks wait and report the cause of a failure.
        wait_for_steady_state=False,
        enable_execute_command=True,
        enable_ecs_managed_tags=True,
        propagate_tags="SERVICE",
        tags={own_tag(pulumi.get_project(), MIGRATION_TAG): placement.migration_arn},
        network_configuration={
            "subnets": placement.subnet_ids,
            "security_groups": [placement.security_group_id],
            "assign_public_ip": placement.assign_public_ip,
        },
        opts=pulumi.ResourceOptions.merge(opts, every),
        **arguments,
    )
