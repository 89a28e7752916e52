"""What moto drops or invents and AWS does not, put right where the stack or the agents depend on it."""

from local.cloud.moto_patches import (
    acm,
    ecr,
    ecr_images,
    ecs_services,
    ecs_tasks,
    iam,
    logs,
    rds,
    rds_groups,
    rds_snapshots,
    s3,
    secretsmanager,
    ssm,
)

__all__ = ["apply"]


def apply(*, agents: bool, registry: str) -> None:
    """Patch moto in this process. Idempotent.

    `agents` says whether something will carry out what is asked: without it, services, tasks and databases reach the
    state that is asked for at once, so that nothing waits for ever. `registry` is host and port of ECR's images.
    """
    acm.apply()
    iam.apply()
    ecr.apply(registry=registry)
    ecr_images.apply()
    ecs_services.apply(agents=agents)
    ecs_tasks.apply(agents=agents)
    logs.apply()
    rds.apply(agents=agents)
    rds_groups.apply()
    rds_snapshots.apply(agents=agents)
    s3.apply()
    secretsmanager.apply()
    ssm.apply()
