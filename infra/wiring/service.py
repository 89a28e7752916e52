"""What serves on Fargate: who the tasks are, the service that runs them, and how many there are."""

from typing import NamedTuple

import pulumi

from infra.email import Email
from infra.endpoints import Endpoints
from infra.firewall import Firewall
from infra.front_door import FrontDoor
from infra.keys import EncryptionKey
from infra.logs import Logs
from infra.network import Network
from infra.registry import Registry
from infra.release.shipped import Shipped
from infra.releases import Releases
from infra.scaling import Scaling, ScalingArgs
from infra.settings import Settings
from infra.task_roles import TaskRoles, TaskRolesArgs
from infra.web_service import WebService
from infra.web_tasks import WebServiceArgs
from infra.wiring.data import Stores


class Ships(NamedTuple):
    """What is to run, and where that is put on record."""

    release: pulumi.Output[Shipped]
    releases: Releases


class Place(NamedTuple):
    """Where the tasks stand, and what must stand before them."""

    network: Network
    firewall: Firewall
    endpoints: Endpoints | None
    front: FrontDoor


def task_roles(key: EncryptionKey, logs: Logs, registry: Registry, stores: Stores, email: Email | None) -> TaskRoles:
    """What ECS may do to start a task, and what the application may do once it runs."""
    args = TaskRolesArgs(
        key_arn=key.key_arn,
        secret_arn=stores.secrets.secret_arn,
        repository_arns=[registry.web_arn, registry.proxy_arn],
        log_group_arn=logs.log_group_arn,
        media_bucket_arn=stores.media.bucket_arn,
        mail=email.mail if email else None,
    )
    return TaskRoles("task", args)


def web_service(
    settings: Settings, ships: Ships, stores: Stores, logs: Logs, roles: TaskRoles, place: Place
) -> WebService:
    """The ECS service; the routes, rules, roles and listener that its tasks need come first."""
    needed = (place.network, place.firewall, place.endpoints, place.front, roles)
    args = WebServiceArgs(
        region=settings.region,
        shipped=ships.release,
        record=ships.releases.parameter,
        latest=ships.releases.latest,
        database=stores.database.identifier,
        snapshots=settings.snapshots_before_migration,
        domains=settings.hosts,
        allowed_hosts=settings.allowed_hosts,
        sender=settings.sender,
        media_bucket=stores.media.bucket_name,
        secret_arn=stores.secrets.secret_arn,
        secret_version=stores.secrets.version_id,
        log_group=logs.log_group_name,
        vpc_cidr=settings.vpc_cidr,
        cpu=settings.task_cpu,
        memory=settings.task_memory,
        architecture=settings.architecture,
        tasks=settings.min_tasks,
        execution_role_arn=roles.execution_role_arn,
        task_role_arn=roles.task_role_arn,
        preparation_role_arn=roles.preparation_role_arn,
        subnet_ids=place.network.task_subnet_ids,
        security_group_id=place.firewall.task_group_id,
        public_addresses=settings.egress == "public",
        target_group_arn=place.front.target_group_arn,
        ready=[part for part in needed if isinstance(part, pulumi.Resource)],
    )
    return WebService("web", args)


def scaling(settings: Settings, web: WebService) -> Scaling:
    """Between `minTasks` and `maxTasks`, by CPU."""
    args = ScalingArgs(
        cluster_name=web.cluster_name,
        service_name=web.service_name,
        min_tasks=settings.min_tasks,
        max_tasks=settings.max_tasks,
        cpu_percent=settings.scale_at_cpu_percent,
    )
    return Scaling("scaling", args)
