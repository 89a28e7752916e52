"""Patches of moto where it differs from AWS and programs or agents depend on it."""

from embedded_cloud.api.moto_patches import (
    acm,
    duplicates,
    ec2,
    ecr,
    ecs_services,
    ecs_tasks,
    fargate,
    iam,
    limits,
    rds,
    route53,
    s3,
    secretsmanager,
    service_linked_roles,
    ses,
)

__all__ = ["apply"]


def apply(*, agents: bool, registry: str) -> None:
    """Patch moto in this process. Idempotent.

    Without `agents`, services, tasks and databases reach their final state at once, so that nothing waits for an
    agent. `registry` is host and port of ECR's images.
    """
    acm.apply()
    duplicates.apply()
    ec2.apply()
    iam.apply()
    ecr.apply(registry=registry)
    ecs_services.apply(agents=agents)
    ecs_tasks.apply(agents=agents)
    fargate.apply()
    limits.apply()
    rds.apply(agents=agents)
    route53.apply()
    s3.apply()
    secretsmanager.apply()
    service_linked_roles.apply()
    ses.apply()
