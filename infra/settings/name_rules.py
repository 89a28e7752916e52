"""Rules for names: region, zone, domain and aliases, hosts, images."""

import re
from collections.abc import Iterator

from infra.problem import Finding, add_command, set_command
from infra.settings.settings import Settings

MAX_ALIASES = 9
MAX_DOMAIN_LENGTH = 64
"""ACM's limits: 10 names on one certificate by default, and 64 characters of the first name."""

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
_REGION = re.compile(r"(?!cn-)[a-z]{2}-(?!gov-|iso)[a-z]+-\d")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})")


def region(settings: Settings) -> Iterator[Finding]:
    """A commercial AWS region; China and GovCloud have other ARNs and services."""
    if not _REGION.fullmatch(settings.region):
        fix = "pulumi config set aws:region us-east-1"
        yield Finding(("region",), "must be a commercial AWS region, such as us-east-1", fix)


def zone(settings: Settings) -> Iterator[Finding]:
    """A domain name."""
    if not _HOST_NAME.fullmatch(settings.zone):
        rule = "must be a domain name in small letters, such as preqly.com"
        yield Finding(("zone",), rule, set_command("zone", "preqly.com"))


def domain(settings: Settings) -> Iterator[Finding]:
    """A name inside the zone, short enough for a certificate."""
    fix = set_command("domain", f"app.{settings.zone}")
    yield from inside_zone("domain", settings.domain, settings.zone, fix)
    if len(settings.domain) > MAX_DOMAIN_LENGTH:
        yield Finding(("domain",), f"the first name of a certificate has at most {MAX_DOMAIN_LENGTH} characters", fix)


def aliases(settings: Settings) -> Iterator[Finding]:
    """Different names of any zone, few enough for one certificate."""
    for alias in settings.aliases:
        yield from host_name("aliases", alias, add_command("aliases", f"www.{settings.zone}"))
    if len(set(settings.hosts)) != len(settings.hosts):
        rule = "must differ from each other and from the domain"
        yield Finding(("aliases", "domain"), rule, "remove the repeated name from aliases in the stack's settings file")
    if len(settings.aliases) > MAX_ALIASES:
        rule = f"one certificate holds the domain and at most {MAX_ALIASES} aliases"
        yield Finding(("aliases",), rule, f"remove {len(settings.aliases) - MAX_ALIASES} of them")


def allowed_hosts(settings: Settings) -> Iterator[Finding]:
    """Host names or IPv4 addresses. A wildcard would let an attacker choose the links in e-mails."""
    for host in settings.allowed_hosts:
        if not _HOST.fullmatch(host):
            rule = f'"{host}" must be a host name or an IPv4 address, without a scheme, a port or a "*"'
            yield Finding(("allowed_hosts",), rule, add_command("allowed_hosts", "localhost"))


def images(settings: Settings) -> Iterator[Finding]:
    """Pinned base images, so that two builds of the same sources use the same base."""
    for field in ("python_image", "node_image", "nginx_image"):
        image = getattr(settings, field)
        if not image and field == "python_image":
            continue
        if not _IMAGE.fullmatch(image) or image.endswith(":latest"):
            rule = "must be an image with a tag other than latest, or with a digest"
            yield Finding((field,), rule, set_command(field, "<image>:<tag>"))


def host_name(field: str, name: str, fix: str) -> Iterator[Finding]:
    """A name that DNS takes."""
    if not _HOST_NAME.fullmatch(name):
        rule = f'"{name}" must be a host name in small letters, without a scheme, a port or a "*"'
        yield Finding((field,), rule, fix)


def inside_zone(field: str, name: str, zone: str, fix: str) -> Iterator[Finding]:
    """A host name that is the zone's, or below it."""
    if not _HOST_NAME.fullmatch(name):
        yield from host_name(field, name, fix)
    elif _HOST_NAME.fullmatch(zone) and name != zone and not name.endswith(f".{zone}"):
        yield Finding((field, "zone"), f'"{name}" must be inside the zone {zone}', fix)
