"""Rules for how requests reach and occupy a task: threads, time limit, requests per task, trusted proxies."""

import ipaddress
from collections.abc import Iterator

from infra.problem import Finding, add_command, set_command
from infra.settings.settings import Settings

BOUNDS = {
    "web_threads": (1, 32),
    "request_timeout_seconds": (5, 300),
    "scale_at_requests_per_target": (0, 1_000_000),
}
"""Smallest and largest legal number; this project's limits."""


def requests(settings: Settings) -> Iterator[Finding]:
    """Numbers with a smallest and a largest value."""
    for field, (low, high) in BOUNDS.items():
        value = getattr(settings, field)
        if not low <= value <= high:
            yield Finding((field,), f"must be from {low} to {high}", set_command(field, min(max(value, low), high)))


def trusted_proxies(settings: Settings) -> Iterator[Finding]:
    """Networks of other companies' proxies. A range that holds every address would believe any visitor."""
    for given in settings.trusted_proxies:
        if not _is_network(given):
            rule = f'"{given}" must be a network such as 192.0.2.0/24 or 2001:db8::/32, and not the whole internet'
            yield Finding(("trusted_proxies",), rule, add_command("trusted_proxies", "192.0.2.0/24"))


def _is_network(text: str) -> bool:
    try:
        return "/" in text and ipaddress.ip_network(text).prefixlen > 0
    except ValueError:
        return False
