"""The ECS service behind the load balancer: certificate, access log, web ACL, task roles and scaling."""

from collections.abc import Sequence
from typing import NamedTuple

import pulumi

from infra.application.manifest import Manifest
from infra.composition.data import Data
from infra.composition.foundation import Foundation
from infra.composition.release import Images, Release
from infra.dns.certificate import Certificate
from infra.dns.ses import SesIdentity
from infra.ecs import server
from infra.ecs.access_logs import AccessLogs, AccessLogsArgs
from infra.ecs.containers import PROXY_PORT
from infra.ecs.load_balancer import LoadBalancer, LoadBalancerArgs
from infra.ecs.scaling import Scaling, ScalingArgs
from infra.ecs.task_definition import TaskArgs
from infra.ecs.task_roles import TaskRoles, TaskRolesArgs
from infra.ecs.waf import WebAcl, WebAclArgs
from infra.ecs.waf_rules import LONGEST_REGEX, upload_regex
from infra.ecs.web_service import WebService, WebServiceArgs
from infra.foundation.vpc_endpoints import SERVICES
from infra.permissions.statements import Permission, described, without_endpoint
from infra.problem import Problem, SettingsError
from infra.settings.settings import Settings


class Service(NamedTuple):
    """The site's load balancer and ECS service."""

    load_balancer: LoadBalancer
    web: WebService
    web_acl: WebAcl | None = None
    """With `waf: true` only."""


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
    load_balancer = _load_balancer(settings, foundation, images, certificate)
    web_acl = _web_acl(settings, foundation, images.application.manifest, load_balancer)
    roles = _task_roles(settings, foundation, data, images, email)
    data.media.encrypt(foundation.key.key_arn, permissions=[roles])
    web = _web_service(settings, foundation, data, images, release, load_balancer, roles)
    _scaling(settings, load_balancer, web)
    return Service(load_balancer, web, web_acl)


def longest_request(settings: Settings, manifest: Manifest) -> int:
    """Seconds of the longest request: the stack's limit, or that of a path which may take longer."""
    return max([settings.request_timeout_seconds, *(path.seconds or 0 for path in manifest.proxy.paths)])


def _load_balancer(
    settings: Settings, foundation: Foundation, images: Images, certificate: Certificate
) -> LoadBalancer:
    access_logs = AccessLogs("access-logs", AccessLogsArgs(retention_days=settings.log_days, protect=settings.protect))
    longest = longest_request(settings, images.application.manifest)
    args = LoadBalancerArgs(
        vpc_id=foundation.network.vpc_id,
        subnet_ids=foundation.network.public_subnet_ids,
        security_group_id=foundation.security_groups.load_balancer_group_id,
        certificate_arn=certificate.certificate_arn,
        target_port=PROXY_PORT,
        access_log_bucket=access_logs.bucket_name,
        idle_timeout=server.idle_timeout(longest),
        deregistration_delay=server.deregistration_delay(longest),
        hsts=settings.hsts,
        protect=settings.protect,
    )
    return LoadBalancer("front", args)


def upload_paths(manifest: Manifest) -> tuple[str, ...]:
    """Paths that take files: those with a `body_mib` of their own that is no smaller than that of the rest.

    Raises SettingsError when they do not fit into one rule together.
    """
    proxy = manifest.proxy
    paths = tuple(dict.fromkeys(path.path for path in proxy.paths if (path.body_mib or 0) >= proxy.body_mib))
    longest = len(upload_regex(paths))
    if longest > LONGEST_REGEX:
        rule = f"the paths with files have {longest} characters together, and WAF accepts {LONGEST_REGEX} in one rule"
        fix = "replace paths with a common beginning by one that ends in *"
        raise SettingsError([Problem("hosting.toml: proxy.paths", paths, rule, fix)])
    return paths


def _web_acl(
    settings: Settings, foundation: Foundation, manifest: Manifest, load_balancer: LoadBalancer
) -> WebAcl | None:
    if not settings.waf:
        return None
    args = WebAclArgs(
        load_balancer_arn=load_balancer.load_balancer_arn,
        key_arn=foundation.key.key_arn,
        retention_days=settings.log_days,
        blocks=settings.waf_blocks,
        upload_paths=upload_paths(manifest),
    )
    return WebAcl("waf", args)


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


def _scaling(settings: Settings, load_balancer: LoadBalancer, web: WebService) -> None:
    args = ScalingArgs(
        cluster_name=web.cluster_name,
        service_name=web.service_name,
        min_tasks=settings.min_tasks,
        max_tasks=settings.max_tasks,
        cpu_percent=settings.scale_at_cpu_percent,
        requests_per_target=server.requests_per_task(settings.scale_at_requests_per_vcpu, settings.task_cpu),
        load_balancer_arn_suffix=load_balancer.load_balancer_arn_suffix,
        target_group_arn_suffix=load_balancer.target_group_arn_suffix,
    )
    Scaling("scaling", args)
