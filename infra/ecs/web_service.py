"""The ECS service that runs the site, and the release hooks around its updates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.ecs.containers import PROXY_PORT
from infra.ecs.task_definition import TaskArgs, task_definition
from infra.naming import MIGRATION_TAG, own_tag
from infra.release.hooks import ReleaseHooks
from infra.release.record import ReleaseRecord
from infra.release.spec import ReleaseSpec

GRACE_SECONDS = 30
"""Two health checks and a margin: a new task may fail checks for this long beyond the start of its containers."""

ROLLOUT: dict[str, Any] = {
    # New tasks start before old ones stop, and the circuit breaker rolls back a release that stays unhealthy.
    "deployment_minimum_healthy_percent": 100,
    "deployment_maximum_percent": 200,
    "deployment_circuit_breaker": {"enable": True, "rollback": True},
    # The release hooks wait and report the cause of a failure.
    "wait_for_steady_state": False,
    "availability_zone_rebalancing": "ENABLED",
}


@dataclass(frozen=True, kw_only=True)
class WebServiceArgs:
    """Arguments of the service."""

    task: TaskArgs
    desired_count: int
    """Number of tasks to start with; autoscaling changes it later."""
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    assign_public_ip: bool
    """True where the subnets have no other route to the internet (`egress: public`)."""
    target_group_arn: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """Dependencies of a task that no argument names: routes, permissions and the HTTPS listener."""
    database: pulumi.Input[str]
    """Identifier of the RDS instance, for snapshots before migrations."""
    snapshots: int
    """Number of those snapshots to keep; 0 takes none."""
    record_parameter: pulumi.Input[str]
    """Name of the SSM parameter with the release history."""
    migration_seconds: int
    """Longest time of a migration."""
    latest_release: pulumi.Input[ReleaseRecord | None]
    """The release on record before this one; None on the first deploy."""


class WebService(pulumi.ComponentResource):
    """A service behind the load balancer that keeps its task count and rolls back an unhealthy release."""

    cluster_name: pulumi.Output[str]
    service_name: pulumi.Output[str]
    release: pulumi.Output[ReleaseRecord]
    """The release as recorded; in a preview, as it will be."""

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:WebService", name, None, opts)
        cluster = aws.ecs.Cluster(
            f"{name}-cluster",
            settings=[{"name": "containerInsights", "value": "enhanced"}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        web = task_definition(name, "web", args.task, self)
        migration = task_definition(name, "migration", args.task, self)
        hooks = ReleaseHooks(
            name,
            database=args.database,
            snapshots=args.snapshots,
            migration_seconds=args.migration_seconds,
            latest=args.latest_release,
        )
        service = self._service(name, args, cluster, web, migration.arn, hooks.binding())

        self.cluster_name = cluster.name
        planned = _planned_release(args, cluster, service, web, migration)
        self.release = hooks.recorded_release(service, args.record_parameter, planned)
        # The ID is unknown until the service exists, so no preview plans scaling and alarms for a missing service.
        self.service_name = pulumi.Output.all(service.name, service.id).apply(lambda known: str(known[0]))
        self.register_outputs({"cluster_name": cluster.name, "service_name": service.name})

    def _service(
        self,
        name: str,
        args: WebServiceArgs,
        cluster: aws.ecs.Cluster,
        web: aws.ecs.TaskDefinition,
        migration_arn: pulumi.Output[str],
        hooks: pulumi.ResourceHookBinding,
    ) -> aws.ecs.Service:
        return aws.ecs.Service(
            f"{name}-service",
            cluster=cluster.arn,
            task_definition=web.arn,
            desired_count=args.desired_count,
            launch_type="FARGATE",
            platform_version="LATEST",
            **ROLLOUT,
            health_check_grace_period_seconds=args.task.start_seconds + GRACE_SECONDS,
            enable_execute_command=True,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            tags={own_tag(pulumi.get_project(), MIGRATION_TAG): migration_arn},
            load_balancers=[
                {
                    "target_group_arn": args.target_group_arn,
                    "container_name": "proxy",
                    "container_port": PROXY_PORT,
                }
            ],
            network_configuration={
                "subnets": args.subnet_ids,
                "security_groups": [args.security_group_id],
                "assign_public_ip": args.assign_public_ip,
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.ready),
                ignore_changes=["desired_count"],
                hooks=hooks,
                custom_timeouts=pulumi.CustomTimeouts(create="15m", update="15m", delete="10m"),
            ),
        )


def _planned_release(
    args: WebServiceArgs,
    cluster: aws.ecs.Cluster,
    service: aws.ecs.Service,
    web: aws.ecs.TaskDefinition,
    migration: aws.ecs.TaskDefinition,
) -> pulumi.Output[ReleaseRecord]:
    def record(known: dict[str, Any]) -> ReleaseRecord:
        spec: ReleaseSpec = known.pop("spec")
        return spec.to_record(region=args.task.region, **known)

    return pulumi.Output.all(
        spec=args.task.spec,
        cluster=cluster.name,
        service=service.name,
        task_definition=web.arn,
        migration_task_definition=migration.arn,
        secret_arn=args.task.secret_arn,
        secret_version=args.task.secret_version,
        log_group=args.task.log_group,
        database=args.database,
    ).apply(record)
