"""Patches of moto where it differs from AWS and programs or agents depend on it."""

from embedded_cloud.api.moto_patches import (
    acm,
    duplicates,
    ec2,
    ecr,
    ecs_placement,
    ecs_services,
    ecs_tasks,
    elasticache,
    elb,
    fargate,
    iam,
    limits,
    policy_simulation,
    rds,
    rds_automated_backups,
    rds_point_in_time,
    rds_snapshots,
    route53,
    s3,
    scheduler,
    secretsmanager,
    service_linked_roles,
    ses,
    sessions,
    wafv2,
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
    policy_simulation.apply()
    ecr.apply(registry=registry)
    ecs_services.apply(agents=agents)
    ecs_tasks.apply(agents=agents)
    ecs_placement.apply()
    elasticache.apply(agents=agents)
    elb.apply()
    fargate.apply()
    limits.apply()
    rds.apply(agents=agents)
    rds_snapshots.apply(agents=agents)
    rds_automated_backups.apply(agents=agents)
    rds_point_in_time.apply()
    route53.apply()
    s3.apply()
    scheduler.apply()
    secretsmanager.apply()
    service_linked_roles.apply()
    ses.apply()
    sessions.apply()
    wafv2.apply()
