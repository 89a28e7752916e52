"""`hosting: fargate`: tasks of an ECS service behind a load balancer, and how many there are."""

from typing import NamedTuple

import pulumi

from infra import alarm_rules, dashboard
from infra.access_logs import AccessLogs, AccessLogsArgs
from infra.certificate import Certificate, CertificateArgs
from infra.commands import Commands, ServiceCommands
from infra.database_urls import PORT as DATABASE_PORT
from infra.email import Email
from infra.endpoints import Endpoints, EndpointsArgs
from infra.front_door import FrontDoor, FrontDoorArgs
from infra.metrics import WatchedService
from infra.scaling import Scaling, ScalingArgs
from infra.settings import Settings
from infra.site_names import Target
from infra.task_roles import TaskRoles, TaskRolesArgs
from infra.waf import WebAcl, WebAclArgs
from infra.web_service import WebService
from infra.web_tasks import WebServiceArgs
from infra.wiring.data import Stores
from infra.wiring.hosted import Ground, Hosted, Ships
from infra.workload import PROXY_PORT


class Place(NamedTuple):
    """Where the tasks stand, and what must stand before them."""

    endpoints: Endpoints | None
    front: FrontDoor
    roles: TaskRoles


def hosted(settings: Settings, ground: Ground, stores: Stores, ships: Ships, email: Email | None) -> Hosted:
    """The site on Fargate."""
    front = _front_door(settings, ground)
    _web_acl(settings, ground, front)
    place = Place(_endpoints(settings, ground), front, _task_roles(ground, ships, stores, email))
    web = _web_service(settings, ground, stores, ships, place)
    _scaling(settings, web)
    watched = WatchedService(
        load_balancer=front.load_balancer_arn_suffix,
        target_group=front.target_group_arn_suffix,
        cluster=web.cluster_name,
        service=web.service_name,
        min_tasks=settings.min_tasks,
    )
    return Hosted(
        release=web.release,
        leads_to=_target(front, web),
        alarms=alarm_rules.of_service(watched),
        graphs=dashboard.of_service(watched),
        commands=_commands(settings, ground, stores, web),
        outputs={
            "load_balancer_dns": front.load_balancer_dns,
            "cluster_name": web.cluster_name,
            "service_name": web.service_name,
        },
    )


def _front_door(settings: Settings, ground: Ground) -> FrontDoor:
    """The load balancer with its certificate and its log."""
    certificate = Certificate("certificate", CertificateArgs(hosts=settings.hosts, zone_id=ground.zone.zone_id))
    access_logs = AccessLogs("access-logs", AccessLogsArgs(retention_days=settings.log_days, protect=settings.protect))
    args = FrontDoorArgs(
        vpc_id=ground.network.vpc_id,
        subnet_ids=ground.network.public_subnet_ids,
        security_group_id=ground.firewall.load_balancer_group_id,
        certificate_arn=certificate.certificate_arn,
        target_port=PROXY_PORT,
        access_log_bucket=access_logs.bucket_name,
        protect=settings.protect,
    )
    return FrontDoor("front", args)


def _web_acl(settings: Settings, ground: Ground, front: FrontDoor) -> WebAcl | None:
    """AWS WAF, when the settings ask for it."""
    if not settings.waf:
        return None
    args = WebAclArgs(
        load_balancer_arn=front.load_balancer_arn, key_arn=ground.key.key_arn, retention_days=settings.log_days
    )
    return WebAcl("waf", args)


def _endpoints(settings: Settings, ground: Ground) -> Endpoints | None:
    """AWS's services inside the network, when tasks have no other way out."""
    if ground.firewall.endpoint_group_id is None:
        return None
    args = EndpointsArgs(
        vpc_id=ground.network.vpc_id,
        subnet_ids=ground.network.task_subnet_ids,
        security_group_id=ground.firewall.endpoint_group_id,
        region=settings.region,
    )
    return Endpoints("endpoints", args)


def _task_roles(ground: Ground, ships: Ships, stores: Stores, email: Email | None) -> TaskRoles:
    """What ECS may do to start a task, and what the application may do once it runs."""
    args = TaskRolesArgs(
        key_arn=ground.key.key_arn,
        secret_arn=stores.secrets.secret_arn,
        repository_arns=[ships.registry.web_arn, ships.registry.proxy_arn],
        log_group_arn=ground.logs.log_group_arn,
        media_bucket_arn=stores.media.bucket_arn,
        mail=email.mail if email else None,
    )
    return TaskRoles("task", args)


def _web_service(settings: Settings, ground: Ground, stores: Stores, ships: Ships, place: Place) -> WebService:
    """The ECS service; the routes, rules, roles and listener that its tasks need come first."""
    needed = (ground.network, ground.firewall, place.endpoints, place.front, place.roles)
    args = WebServiceArgs(
        region=settings.region,
        shipped=ships.release,
        record=ships.record,
        latest=ships.latest,
        database=stores.database.identifier,
        snapshots=settings.snapshots_before_migration,
        domains=settings.hosts,
        allowed_hosts=settings.allowed_hosts,
        sender=settings.sender,
        media_bucket=stores.media.bucket_name,
        secret_arn=stores.secrets.secret_arn,
        secret_version=stores.secrets.version_id,
        log_group=ground.logs.log_group_name,
        vpc_cidr=settings.vpc_cidr,
        cpu=settings.task_cpu,
        memory=settings.task_memory,
        architecture=settings.architecture,
        tasks=settings.min_tasks,
        execution_role_arn=place.roles.execution_role_arn,
        task_role_arn=place.roles.task_role_arn,
        preparation_role_arn=place.roles.preparation_role_arn,
        subnet_ids=ground.network.task_subnet_ids,
        security_group_id=ground.firewall.task_group_id,
        public_addresses=settings.way_out == "public",
        target_group_arn=place.front.target_group_arn,
        ready=[part for part in needed if isinstance(part, pulumi.Resource)],
    )
    return WebService("web", args)


def _scaling(settings: Settings, web: WebService) -> Scaling:
    """Between `minTasks` and `maxTasks`, by CPU."""
    args = ScalingArgs(
        cluster_name=web.cluster_name,
        service_name=web.service_name,
        min_tasks=settings.min_tasks,
        max_tasks=settings.max_tasks,
        cpu_percent=settings.scale_at_cpu_percent,
    )
    return Scaling("scaling", args)


def _target(front: FrontDoor, web: WebService) -> pulumi.Output[Target]:
    # Through the release: names come to a load balancer whose tasks serve.
    return pulumi.Output.all(front.load_balancer_dns, front.load_balancer_zone_id, web.release).apply(
        lambda known: Target(alias={"name": known[0], "zone_id": known[1]})
    )


def _commands(settings: Settings, ground: Ground, stores: Stores, web: WebService) -> pulumi.Output[Commands]:
    return pulumi.Output.all(
        cluster=web.cluster_name,
        service=web.service_name,
        log_group=ground.logs.log_group_name,
        database_address=stores.database.address,
    ).apply(
        lambda known: ServiceCommands(
            region=settings.region, stack=pulumi.get_stack(), database_port=DATABASE_PORT, **known
        )
    )
