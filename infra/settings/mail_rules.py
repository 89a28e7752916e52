"""Rules for mail and outgoing ports: the site's transport and sender, the receiver of alarms, egress ports."""

import ipaddress
import re
from collections.abc import Iterator

from django_hosting import service_urls
from infra.problem import Finding, add_command, set_command
from infra.settings.name_rules import inside_zone
from infra.settings.settings import Settings

MOST_EGRESS_PORTS = 20
"""A security group takes 60 rules in each direction, and each port needs one for IPv4 and one for IPv6.

https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups"""
SMTP_PORT = 25
NO_SES = ("ap-east-1",)
"""Regions without Amazon SES, from the endpoints that botocore knows."""

_TRANSPORTS = ("smtp+tls", "smtp+ssl", "ses", "consolemail", "unset")
# Narrower than Django's validate_email and than what SNS accepts: an unquoted local part, and a host name.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|xn--[A-Za-z0-9]{{1,59}})"
)


def alarm_email(settings: Settings) -> Iterator[Finding]:
    """One address or none; a budget needs one."""
    fix = set_command("alarm_email", "you@example.com")
    if settings.alarm_email and not _ADDRESS.fullmatch(settings.alarm_email):
        yield Finding(("alarm_email",), "must be one e-mail address, or empty", fix)
    if settings.monthly_budget_usd > 0 and not settings.alarm_email:
        rule = "a budget needs an address to warn, and alarmEmail is empty"
        yield Finding(("monthly_budget_usd", "alarm_email"), rule, fix)


def email_url(settings: Settings) -> Iterator[Finding]:
    """Mail through SES, over TLS, to the log, or none. The URL may hold a password, so no message repeats it."""
    try:
        mail = service_urls.mail(settings.email_url)
    except service_urls.UrlError as error:
        yield Finding(("email_url",), f"{error}. {_FORMS}", _NEW_URL)
        return
    if mail.scheme not in _TRANSPORTS:
        yield Finding(("email_url",), f"{mail.scheme}:// is not for a site on AWS. {_FORMS}", _NEW_URL)
    elif settings.egress == "endpoints" and (mail.server or settings.sends_with_ses):
        rule = (
            "tasks with `egress: endpoints` reach only services with a VPC endpoint, and SES has none here"
            if settings.sends_with_ses
            else "tasks with `egress: endpoints` reach no mail server"
        )
        yield Finding(("email_url", "egress"), rule, set_command("egress", "gateway"))
    elif mail.server and not _reachable(mail.server.host):
        rule = "names a host that tasks cannot reach: they need a full name in DNS, or a public IPv4 address"
        yield Finding(("email_url",), rule, _NEW_URL)


def email_from(settings: Settings) -> Iterator[Finding]:
    """One bare address; with SES inside the zone, because the stack proves ownership of the sender by DNS records."""
    if not settings.email_from:
        return
    fix = set_command("email_from", f"no-reply@{settings.domain}")
    if not _ADDRESS.fullmatch(settings.email_from) or settings.email_from != settings.email_from.lower():
        yield Finding(("email_from",), "must be one e-mail address in small letters, without a name before it", fix)
    elif settings.sends_with_ses:
        sender_domain = settings.email_from.rpartition("@")[2]
        yield from inside_zone("email_from", sender_domain, settings.zone, fix)


def egress_ports(settings: Settings) -> Iterator[Finding]:
    """TCP ports, few enough for a security group, of tasks that reach the internet."""
    for port in settings.egress_ports:
        if not 1 <= port <= 65535:
            yield Finding(("egress_ports",), f"{port} is no TCP port, 1 to 65535", add_command("egress_ports", 8883))
    if len(set(settings.egress_ports)) > MOST_EGRESS_PORTS:
        rule = f"at most {MOST_EGRESS_PORTS} different ports: a security group takes a limited number of rules"
        yield Finding(("egress_ports",), rule, "pulumi config rm egressPorts")
    if settings.egress_ports and settings.egress == "endpoints":
        rule = "tasks with `egress: endpoints` reach no port on the internet"
        yield Finding(("egress_ports", "egress"), rule, "pulumi config rm egressPorts")


def notices(settings: Settings) -> Iterator[str]:
    """What is legal, and probably does not do what the team expects."""
    if SMTP_PORT in settings.internet_ports:
        yield (
            "emailUrl or egressPorts names port 25, which AWS blocks for instances and NAT gateways until it grants "
            "the account's request (https://repost.aws/knowledge-center/ec2-port-25-throttle). Mail servers take mail "
            "of applications on 587 (smtp+tls://) or 465 (smtp+ssl://)"
        )
    mail = service_urls.mail(settings.email_url)
    other = {"smtp+tls": "smtp+ssl", "smtp+ssl": "smtp+tls"}.get(mail.scheme, "")
    if mail.server and mail.server.port in service_urls.PORTS.get(other, ()):
        yield f"emailUrl: port {mail.server.port} usually needs {other}://; with {mail.scheme}:// each mail then fails"
    if settings.sends_with_ses and settings.region in NO_SES:
        yield f"emailUrl: AWS lists no Amazon SES in {settings.region}. Use a mail server, or another aws:region"


_FORMS = (
    "Legal are ses://, smtp+tls://<user>:<password>@<host>:587, smtp+ssl://<user>:<password>@<host>:465, "
    "consolemail:// and unset://"
)
_NEW_URL = "pulumi config set --secret emailUrl"
"""Asks for the value, which a shell would keep in its history."""


def _reachable(host: str) -> bool:
    """Whether a task in the VPC, which has no other networks and resolves public names, may reach a host."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." in host
    return address.version == 4 and address.is_global
