"""Rules for what may exist before the stack: hosted zone, records, certificate, SES identity."""

import re
from collections.abc import Iterator

from infra.problem import Finding, set_command
from infra.settings.settings import Settings

DNS_RECORDS = ("create", "takeOver", "none")

_ZONE_ID = re.compile(r"[A-Z0-9]{1,32}")
"""Route 53's ids (docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html)."""
_CERTIFICATE = re.compile(r"arn:aws:acm:([a-z0-9-]+):\d{12}:certificate/[\w-]+")


def zone(settings: Settings) -> Iterator[Finding]:
    """The id of a zone that exists, so it is not to be created too."""
    if not settings.zone_id:
        return
    if not _ZONE_ID.fullmatch(settings.zone_id):
        rule = "must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ, without /hostedzone/"
        yield Finding(("zone_id",), rule, set_command("zone_id", "<id>"))
    if settings.create_zone:
        rule = "names a zone that exists, and createZone makes another one"
        yield Finding(("zone_id", "create_zone"), rule, set_command("create_zone", "false"))


def records(settings: Settings) -> Iterator[Finding]:
    """One of the ways to treat the site's names in DNS."""
    if settings.dns_records not in DNS_RECORDS:
        rule = f"must be {', '.join(DNS_RECORDS[:-1])} or {DNS_RECORDS[-1]}"
        yield Finding(("dns_records",), rule, set_command("dns_records", "create"))


def certificate(settings: Settings) -> Iterator[Finding]:
    """A certificate of ACM in the region of the load balancer, which takes no other."""
    if not settings.certificate_arn:
        return
    found = _CERTIFICATE.fullmatch(settings.certificate_arn)
    fix = "aws acm list-certificates, then " + set_command("certificate_arn", "<ARN>")
    if not found:
        yield Finding(("certificate_arn",), "must be the ARN of a certificate in ACM", fix)
    elif found[1] != settings.region:
        rule = f"is a certificate in {found[1]}, and a load balancer in {settings.region} takes one of its own region"
        yield Finding(("certificate_arn", "region"), rule, fix)


def email_identity(settings: Settings) -> Iterator[Finding]:
    """There is an identity to adopt only when mail goes through Amazon SES."""
    if settings.adopt_email_identity and not settings.sends_with_ses:
        rule = "there is no SES identity to adopt, because emailUrl is not ses://"
        yield Finding(("adopt_email_identity", "email_url"), rule, set_command("adopt_email_identity", "false"))
