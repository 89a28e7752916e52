"""The schedules of hosting.toml that the stack runs."""

from infra.composition.data import Data
from infra.composition.foundation import Foundation
from infra.composition.release import Images, Release
from infra.composition.service import Service
from infra.observability import alarm_rules
from infra.observability.alarms import Alarms
from infra.schedules.schedules import Schedules, SchedulesArgs
from infra.settings.schedule_rules import enabled
from infra.settings.settings import Settings


def declare_schedules(
    settings: Settings,
    foundation: Foundation,
    data: Data,
    images: Images,
    release: Release,
    service: Service,
    alarms: Alarms,
) -> Schedules | None:
    """Declare the schedules, which follow the release once it serves; None where the stack runs none."""
    schedules = enabled(settings, images.application.manifest.schedules)
    roles = service.roles
    if not schedules or roles is None or roles.schedule_role is None:
        return None
    args = SchedulesArgs(
        schedules=schedules,
        spec=release.spec,
        cluster_arn=service.web.cluster_arn,
        task_definition_arn=service.web.command_task_definition_arn,
        verified=service.web.release,
        execution_role_arn=roles.execution_role_arn,
        task_role_arn=roles.schedule_role.arn,
        task_role_name=roles.schedule_role.name,
        subnet_ids=foundation.network.task_subnet_ids,
        security_group_id=foundation.security_groups.task_group_id,
        assign_public_ip=settings.egress == "public",
        variables=data.environment.variables,
        topic_arn=alarms.topic_arn,
        key_arn=foundation.key.key_arn,
        log_group=foundation.logs.log_group_name,
        region=settings.region,
    )
    declared = Schedules("schedules", args)
    alarms.declare(alarm_rules.schedule_alarm(declared.queue_name))
    return declared
