"""The site on ECS Fargate: the service that keeps its tasks running, and the releases it goes through."""

from typing import Any

import pulumi
import pulumi_aws as aws

from infra import workload
from infra.release.hooks import Supervision
from infra.release.migration import MIGRATION_TAG
from infra.release.record import Release
from infra.release.shipped import Shipped
from infra.web_tasks import WebServiceArgs, task_definition

GRACE_SECONDS = 60
"""How long a new task may fail health checks: its containers' start period, two checks, and room for a slow host."""

ROLLOUT: dict[str, Any] = {
    # New tasks first, then the old ones go: capacity never drops, and a release that stays unhealthy is taken back.
    "deployment_minimum_healthy_percent": 100,
    "deployment_maximum_percent": 200,
    "deployment_circuit_breaker": {"enable": True, "rollback": True},
    "health_check_grace_period_seconds": GRACE_SECONDS,
    # The hooks wait themselves: they say why it failed, and a first release that fails leaves no half-made service.
    "wait_for_steady_state": False,
    # A zone that comes back gets its tasks back, new ones first.
    "availability_zone_rebalancing": "ENABLED",
}


class WebService(pulumi.ComponentResource):
    """A service behind the load balancer that is never below its task count and takes back an unhealthy release."""

    cluster_name: pulumi.Output[str]
    service_name: pulumi.Output[str]
    """Known once the release runs."""
    release: pulumi.Output[Release]
    """What runs, as it is on record; in a preview what will be."""
    task_definition_arn: pulumi.Output[str]
    migration_task_definition_arn: pulumi.Output[str]

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:WebService", name, None, opts)
        cluster = aws.ecs.Cluster(
            f"{name}-cluster",
            settings=[{"name": "containerInsights", "value": "enhanced"}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        web = task_definition(self, name, "web", args)
        migration = task_definition(self, name, "migration", args)
        supervision = Supervision(name, database=args.database, snapshots=args.snapshots, latest=args.latest)
        service = self._service(name, args, cluster, web, migration, supervision.hooks())

        self.cluster_name = cluster.name
        release = _release(args, cluster, service, web, migration)
        self.release = supervision.released(service, args.record, args.latest, release)
        self.service_name = self.release.apply(lambda release: release.service)
        self.task_definition_arn = web.arn
        self.migration_task_definition_arn = migration.arn
        self.register_outputs({"cluster_name": cluster.name, "service_name": service.name})

    def _service(
        self,
        name: str,
        args: WebServiceArgs,
        cluster: aws.ecs.Cluster,
        web: aws.ecs.TaskDefinition,
        migration: aws.ecs.TaskDefinition,
        hooks: pulumi.ResourceHookBinding,
    ) -> aws.ecs.Service:
        return aws.ecs.Service(
            f"{name}-service",
            cluster=cluster.arn,
            task_definition=web.arn,
            desired_count=args.tasks,
            launch_type="FARGATE",
            platform_version="LATEST",
            **ROLLOUT,
            enable_execute_command=True,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            tags={MIGRATION_TAG: migration.arn},
            load_balancers=[_load_balancer(args)],
            network_configuration=_network(args),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.ready),
                ignore_changes=["desired_count"],
                hooks=hooks,
                custom_timeouts=pulumi.CustomTimeouts(create="15m", update="15m", delete="10m"),
            ),
        )


def _load_balancer(args: WebServiceArgs) -> dict[str, Any]:
    return {
        "target_group_arn": args.target_group_arn,
        "container_name": "proxy",
        "container_port": workload.PROXY_PORT,
    }


def _network(args: WebServiceArgs) -> dict[str, Any]:
    return {
        "subnets": args.subnet_ids,
        "security_groups": [args.security_group_id],
        "assign_public_ip": args.public_addresses,
    }


def _release(
    args: WebServiceArgs,
    cluster: aws.ecs.Cluster,
    service: aws.ecs.Service,
    web: aws.ecs.TaskDefinition,
    migration: aws.ecs.TaskDefinition,
) -> pulumi.Output[Release]:
    known = pulumi.Output.all(
        shipped=args.shipped,
        cluster=cluster.name,
        service=service.name,
        task_definition=web.arn,
        migration_task_definition=migration.arn,
        secret_arn=args.secret_arn,
        secret_version=args.secret_version,
        log_group=args.log_group,
        database=args.database,
    )
    return known.apply(lambda found: _recordable(args.region, **found))


def _recordable(region: str, *, shipped: Shipped, **found: Any) -> Release:
    return shipped.placed(region=region, **found)
