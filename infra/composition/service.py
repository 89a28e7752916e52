"""The ECS service behind the load balancer: its task roles, tasks and processes."""

from collections.abc import Sequence
from typing import NamedTuple

import pulumi

from infra.composition.data import Data
from infra.composition.foundation import Foundation
from infra.composition.load_balancer import declare_load_balancer, declare_web_acl
from infra.composition.release import Images, Release
from infra.composition.scaling import declare_scaling
from infra.dns.certificate import Certificate
from infra.dns.ses import SesIdentity
from infra.ecs.load_balancer import LoadBalancer
from infra.ecs.process import Process
from infra.ecs.task_definition import TaskArgs
from infra.ecs.task_roles import TaskRoles, TaskRolesArgs
from infra.ecs.waf import WebAcl
from infra.ecs.web_service import WebService, WebServiceArgs
from infra.foundation.vpc_endpoints import SERVICES
from infra.permissions.permission import Permission
from infra.permissions.statements import described, without_endpoint
from infra.pricing.lines import ScheduledRuns
from infra.settings import schedule_rules
from infra.settings.settings import Settings


class Service(NamedTuple):
    """The site's load balancer and ECS service."""

    load_balancer: LoadBalancer
    web: WebService
    processes: Sequence[Process] = ()
    web_acl: WebAcl | None = None
    """With `waf: true` only."""
    roles: TaskRoles | None = None
    runs: Sequence[ScheduledRuns] = ()
    """Of the schedules, for the price."""


def declare_service(
    settings: Settings,
    foundation: Foundation,
    data: Data,
    images: Images,
    release: Release,
    certificate: Certificate,
    email: SesIdentity | None,
) -> Service:
    """Declare the load balancer, and the service that runs the release behind it."""
    manifest = images.application.manifest
    load_balancer = declare_load_balancer(settings, foundation, manifest, certificate)
    web_acl = declare_web_acl(settings, foundation, manifest, load_balancer)
    roles = _task_roles(settings, foundation, data, images, email)
    data.media.encrypt(foundation.key.key_arn, permissions=[roles])
    web = _web_service(settings, foundation, data, images, release, load_balancer, roles)
    declare_scaling(settings, load_balancer, web, images.processes)
    runs = schedule_rules.runs(settings, manifest.schedules)
    return Service(load_balancer, web, images.processes, web_acl, roles, runs)


def _task_roles(
    settings: Settings, foundation: Foundation, data: Data, images: Images, email: SesIdentity | None
) -> TaskRoles:
    permissions = images.application.manifest.permissions
    _report_permissions(settings, permissions)
    args = TaskRolesArgs(
        key_arn=foundation.key.key_arn,
        secret_arn=data.secrets.secret_arn,
        read_secrets=data.environment.read_secrets,
        repository_arns=[images.registry.web_arn, images.registry.proxy_arn],
        log_group_arn=foundation.logs.log_group_arn,
        media_bucket_arn=data.media.bucket_arn,
        ses_sender=email.ses_sender if email else None,
        permissions=permissions,
        schedules=bool(images.application.manifest.schedules),
    )
    return TaskRoles("task", args)


def _report_permissions(settings: Settings, permissions: Sequence[Permission]) -> None:
    """Log what the application may call in a preview, and warn of calls that cannot arrive."""
    if pulumi.runtime.is_dry_run():
        for line in described(permissions):
            pulumi.log.info(line)
        if permissions and settings.permissions_boundary:
            pulumi.log.info("permissionsBoundary limits these calls: see docs/permissions.md before you change them")
    if settings.egress == "endpoints":
        for line in without_endpoint(permissions, settings.region, (*SERVICES, "s3")):
            pulumi.log.warn(line)


def _web_service(
    settings: Settings,
    foundation: Foundation,
    data: Data,
    images: Images,
    release: Release,
    load_balancer: LoadBalancer,
    roles: TaskRoles,
) -> WebService:
    network, security_groups, endpoints = foundation.network, foundation.security_groups, foundation.endpoints
    args = WebServiceArgs(
        task=_task(settings, foundation, data, images, release, roles),
        processes=images.processes,
        desired_count=settings.min_tasks,
        subnet_ids=network.task_subnet_ids,
        security_group_id=security_groups.task_group_id,
        assign_public_ip=settings.egress == "public",
        target_group_arn=load_balancer.target_group_arn,
        # Routes, security group rules, permissions, encryption and the listener exist before ECS starts the first task.
        ready=[
            part for part in (network, security_groups, endpoints, load_balancer, roles, data.media) if part is not None
        ],
        database=data.database.identifier,
        snapshots=settings.snapshots_before_migration,
        migration_seconds=images.application.manifest.release.migration_seconds,
        record_parameter=release.record,
        latest_release=release.latest,
    )
    return WebService("web", args)


def _task(
    settings: Settings, foundation: Foundation, data: Data, images: Images, release: Release, roles: TaskRoles
) -> TaskArgs:
    manifest = images.application.manifest
    return TaskArgs(
        spec=release.spec,
        region=settings.region,
        domains=settings.hosts,
        allowed_hosts=settings.allowed_hosts,
        sender=settings.sender,
        media_bucket=data.media.bucket_name,
        secret_arn=data.secrets.secret_arn,
        secret_version=data.secrets.version_id,
        variables=data.environment.variables,
        log_group=foundation.logs.log_group_name,
        vpc_cidr=settings.vpc_cidr,
        trusted_proxies=settings.trusted_proxies,
        cpu=settings.task_cpu,
        threads=settings.web_threads,
        request_timeout=settings.request_timeout_seconds,
        memory=settings.task_memory,
        migration_size=manifest.release.migration_size,
        start_seconds=manifest.run.start_grace_seconds,
        stop_seconds=manifest.run.stop_seconds,
        sockets=images.application.server == "asgi",
        architecture=settings.architecture,
        execution_role_arn=roles.execution_role_arn,
        task_role_arn=roles.task_role_arn,
        migration_role_arn=roles.migration_role_arn,
    )
