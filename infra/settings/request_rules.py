"""Rules for how requests reach and occupy a task: threads, time limit, requests per task, trusted proxies."""

import ipaddress
from collections.abc import Iterator

from infra.problem import Finding, add_command, set_command
from infra.settings.settings import Settings

BOUNDS = {
    "web_threads": (1, 32),
    "request_timeout_seconds": (5, 300),
    "scale_at_requests_per_vcpu": (0, 1_000_000),
}
"""Smallest and largest legal number; this project's limits."""

WIDEST_PROXIES = {4: 10, 6: 24}
"""Shortest prefix by version of IP. Of the CDNs' published lists Akamai's has the widest networks, 104.64.0.0/10 and
2600:1400::/24; CloudFront's are /14 and /28, Cloudflare's /13 and /29, Fastly's /16 and /32."""


def requests(settings: Settings) -> Iterator[Finding]:
    """Numbers with a smallest and a largest value."""
    for field, (low, high) in BOUNDS.items():
        value = getattr(settings, field)
        if not low <= value <= high:
            yield Finding((field,), f"must be from {low} to {high}", set_command(field, min(max(value, low), high)))


def trusted_proxies(settings: Settings) -> Iterator[Finding]:
    """Networks of other companies' proxies. Whoever connects from one of their addresses can claim any other."""
    fix = add_command("trusted_proxies", "192.0.2.0/24")
    vpc = _network(settings.vpc_cidr)
    for given in settings.trusted_proxies:
        network = _network(given)
        if network is None:
            rule = f'"{given}" must be a network such as 192.0.2.0/24 or 2001:db8::/32'
            yield Finding(("trusted_proxies",), rule, fix)
        elif network.prefixlen < (widest := WIDEST_PROXIES[network.version]):
            rule = f'"{given}" is wider than /{widest}, the widest network that a CDN publishes'
            yield Finding(("trusted_proxies",), rule, fix)
        elif vpc is not None and vpc.version == network.version and vpc.overlaps(network):
            rule = f'"{given}" overlaps vpcCidr {vpc}: the load balancer there is trusted anyway, and no CDN is in it'
            yield Finding(("trusted_proxies", "vpc_cidr"), rule, fix)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text) if "/" in text else None
    except ValueError:
        return None
