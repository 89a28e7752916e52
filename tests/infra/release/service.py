"""Inputs of an ECS service, as Pulumi's engine hands them to its hooks."""

from typing import Any

from infra.release.migration.migration import MIGRATION_TAG
from tests.infra.release.stubs import CLUSTER

DEFINITION = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-migration:7"


def service_inputs(definition: str = DEFINITION) -> dict[str, Any]:
    """A service whose release is migrated with this task definition."""
    return {
        "cluster": CLUSTER,
        "tags": {MIGRATION_TAG: definition, "Project": "preqly"},
        "networkConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-t"], "assignPublicIp": False},
    }
