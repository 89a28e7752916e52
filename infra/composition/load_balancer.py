"""The load balancer of the site: listeners with the certificate, access log and web ACL."""

from infra.application.manifest import Manifest
from infra.composition.foundation import Foundation
from infra.dns.certificate import Certificate
from infra.ecs import server
from infra.ecs.access_logs import AccessLogs, AccessLogsArgs
from infra.ecs.containers import PROXY_PORT
from infra.ecs.load_balancer import LoadBalancer, LoadBalancerArgs
from infra.ecs.waf import WebAcl, WebAclArgs
from infra.ecs.waf_rules import LONGEST_REGEX, upload_regex
from infra.problem import Problem, SettingsError
from infra.settings.settings import Settings


def declare_load_balancer(
    settings: Settings, foundation: Foundation, manifest: Manifest, certificate: Certificate
) -> LoadBalancer:
    """Declare the load balancer and its access log, with timeouts for the longest request."""
    access_logs = AccessLogs("access-logs", AccessLogsArgs(retention_days=settings.log_days, protect=settings.protect))
    longest = _longest_request(settings, manifest)
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


def declare_web_acl(
    settings: Settings, foundation: Foundation, manifest: Manifest, load_balancer: LoadBalancer
) -> WebAcl | None:
    """Declare the web ACL of the load balancer; None without `waf`."""
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


def _longest_request(settings: Settings, manifest: Manifest) -> int:
    """Seconds of the longest request: the stack's limit, or that of a path which may take longer."""
    return max([settings.request_timeout_seconds, *(path.seconds or 0 for path in manifest.proxy.paths)])
