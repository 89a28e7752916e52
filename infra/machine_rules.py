"""What the settings of `hosting: vm` may be. Pure: no resources."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from infra.machine import sizes
from infra.problem import Finding, set_command

if TYPE_CHECKING:
    from infra.settings import Settings

LETSENCRYPT = "letsencrypt"
# Secrets Manager's own rule for names (API reference of CreateSecret); an ARN ends in one.
_SECRET = re.compile(r"(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}")


def tasks(settings: "Settings") -> Iterator[Finding]:
    """One machine runs one task."""
    if settings.hosting == "vm" and settings.min_tasks > 1:
        rule = "hosting vm is one machine with one task; more tasks are what hosting fargate is for"
        yield Finding(("min_tasks", "hosting"), rule, set_command("min_tasks", 1))


def instance_type(settings: "Settings") -> Iterator[Finding]:
    """A type whose CPU fits the images and whose memory holds a rollout."""
    if settings.hosting != "vm":
        return
    problem = sizes.problem(settings.vm_instance_type, settings.architecture, settings.task_memory)
    if problem is None:
        return
    try:
        fix = set_command("vm_instance_type", sizes.smallest(settings.architecture, settings.task_memory))
    except ValueError:
        largest = sizes.smallest(settings.architecture, sizes.LARGEST_TASK_MIB)
        fix = f"{set_command('task_memory', sizes.LARGEST_TASK_MIB)}; {set_command('vm_instance_type', largest)}"
    yield Finding(("vm_instance_type", "architecture", "task_memory"), problem, fix)


def web_acl(settings: "Settings") -> Iterator[Finding]:
    """AWS WAF guards load balancers; leaving it out silently would be worse than saying so."""
    if settings.hosting == "vm" and settings.waf:
        rule = "AWS WAF stands before a load balancer, and a machine has none"
        yield Finding(("waf", "hosting"), rule, set_command("waf", "false"))


def certificate(settings: "Settings") -> Iterator[Finding]:
    """Let's Encrypt, or a secret's name or ARN; and an ACME server that is asked over TLS."""
    if not _SECRET.fullmatch(settings.vm_certificate):
        rule = f"must be {LETSENCRYPT}, or the name or ARN of a secret with the keys cert.pem and key.pem"
        yield Finding(("vm_certificate",), rule, set_command("vm_certificate", LETSENCRYPT))
    url = urlsplit(settings.acme_server)
    if url.scheme != "https" or not url.hostname or " " in settings.acme_server:
        rule = "must be the https:// URL of an ACME server's directory"
        fix = set_command("acme_server", "https://acme-v02.api.letsencrypt.org/directory")
        yield Finding(("acme_server",), rule, fix)
