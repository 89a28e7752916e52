"""The ECS service that runs the site, and the release hooks around its updates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import naming
from infra.ecs import server
from infra.ecs.containers import PROXY_PORT
from infra.ecs.process import Process
from infra.ecs.process_service import ProcessService, capacity_provider, process_service, services_and_definitions
from infra.ecs.service import ROLLOUT, Placement, ecs_service
from infra.ecs.task_definition import TaskArgs, command_task, migration_task, task_definition, web_task
from infra.release.hooks import ReleaseHooks
from infra.release.record import COMMAND, ReleaseRecord
from infra.release.rollout.deployment import ExpectedDeployment
from infra.release.spec import ReleaseSpec

GRACE_SECONDS = 30
"""Two health checks and a margin: a new task may fail checks for this long beyond the start of its containers."""

COMMAND_STOP_SECONDS = server.LONGEST_STOP
"""Commands of the team and jobs of schedules end by themselves, so nobody waits for it."""


@dataclass(frozen=True, kw_only=True)
class WebServiceArgs:
    """Arguments of the service."""

    task: TaskArgs
    processes: Sequence[Process] = ()
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
    """A service behind the load balancer that keeps its task count and rolls back an unhealthy release.

    The services of the processes come before it.
    """

    cluster_arn: pulumi.Output[str]
    cluster_name: pulumi.Output[str]
    command_task_definition_arn: pulumi.Output[str]
    """For commands of the release, in the container `command`."""
    processes: Mapping[str, ProcessService]
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
        web = task_definition(name, web_task(args.task), args.task, self)
        migration = task_definition(name, migration_task(args.task), args.task, self)
        hooks = ReleaseHooks(
            name,
            database=args.database,
            snapshots=args.snapshots,
            migration_seconds=args.migration_seconds,
            latest=args.latest_release,
        )
        command = task_definition(
            name, command_task(args.task, COMMAND, ("true",), stop_seconds=COMMAND_STOP_SECONDS), args.task, self
        )
        placement = Placement(
            cluster_arn=cluster.arn,
            subnet_ids=args.subnet_ids,
            security_group_id=args.security_group_id,
            assign_public_ip=args.assign_public_ip,
            migration_arn=migration.arn,
        )
        self.processes = self._processes(name, args, cluster, placement, hooks)
        expected = pulumi.Output.all(*(one.expected for one in self.processes.values()))
        ready = [*args.ready, *(one.service for one in self.processes.values())]
        opts = pulumi.ResourceOptions(parent=self, depends_on=ready, hooks=hooks.binding(expected))
        service = ecs_service(name, placement, web, opts, **_web_arguments(args))

        self.cluster_arn, self.cluster_name, self.command_task_definition_arn = cluster.arn, cluster.name, command.arn
        definitions = {"web": web, "migration": migration, COMMAND: command}
        planned = _planned_release(args, cluster, service, definitions, expected)
        self.release = hooks.recorded_release(service, args.record_parameter, planned)
        # The ID is unknown until the service exists, so no preview plans scaling and alarms for a missing service.
        self.service_name = pulumi.Output.all(service.name, service.id).apply(lambda known: str(known[0]))
        self.register_outputs({"cluster_name": cluster.name, "service_name": service.name})

    def _processes(
        self, name: str, args: WebServiceArgs, cluster: aws.ecs.Cluster, placement: Placement, hooks: ReleaseHooks
    ) -> dict[str, ProcessService]:
        ready = list(args.ready)
        if args.processes:
            providers = sorted({capacity_provider(spot) for spot in (False, True)})
            ready.append(
                aws.ecs.ClusterCapacityProviders(
                    f"{name}-capacity",
                    cluster_name=cluster.name,
                    capacity_providers=providers,
                    opts=pulumi.ResourceOptions(parent=self),
                )
            )
        return {
            one.name: process_service(name, one, args.task, placement, hooks, self, ready) for one in args.processes
        }


def _web_arguments(args: WebServiceArgs) -> dict[str, Any]:
    return {
        "desired_count": args.desired_count,
        "launch_type": "FARGATE",
        **ROLLOUT,
        "health_check_grace_period_seconds": args.task.start_seconds + GRACE_SECONDS,
        "load_balancers": [
            {"target_group_arn": args.target_group_arn, "container_name": "proxy", "container_port": PROXY_PORT}
        ],
    }


def _planned_release(
    args: WebServiceArgs,
    cluster: aws.ecs.Cluster,
    service: aws.ecs.Service,
    definitions: Mapping[str, aws.ecs.TaskDefinition],
    processes: pulumi.Output[list[ExpectedDeployment]],
) -> pulumi.Output[ReleaseRecord]:
    def record(known: dict[str, Any]) -> ReleaseRecord:
        spec: ReleaseSpec = known.pop("spec")
        services, running = services_and_definitions(known.pop("processes"))
        return spec.to_record(
            region=args.task.region,
            schedule_group=naming.schedule_group(pulumi.get_project(), pulumi.get_stack()),
            process_services=services,
            process_task_definitions={**running, COMMAND: known.pop(COMMAND)},
            **known,
        )

    return pulumi.Output.all(
        spec=args.task.spec,
        processes=processes,
        cluster=cluster.name,
        service=service.name,
        task_definition=definitions["web"].arn,
        migration_task_definition=definitions["migration"].arn,
        command=definitions[COMMAND].arn,
        secret_arn=args.task.secret_arn,
        secret_version=args.task.secret_version,
        log_group=args.task.log_group,
        database=args.database,
    ).apply(record)
