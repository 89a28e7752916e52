"""Checks of DNS, certificate and mail: whether the world finds the site under its names, and accepts its mail."""

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import dns.exception
import dns.resolver

from infra.dns.account import Account
from ops.checks.check import Check, check
from ops.stack import tagged

AREA = "Names and mail"
SECONDS = 5


def checks(session: boto3.Session, settings: Mapping[str, Any], project: str, stack: str) -> Iterator[Check]:
    """The hosted zone and its delegation, the certificate, and Amazon SES where the site sends through it."""
    if settings["dnsRecords"] != "none" and not settings["createZone"]:
        yield from _zones(session, [settings["domain"], *settings["aliases"]])
    for arn in tagged(session, project, stack, "acm:certificate"):
        yield from _certificate(session, arn)
    if settings["emailUrl"] == "ses://":
        yield from _mail(session, settings)


def _zones(session: boto3.Session, hosts: list[str]) -> Iterator[Check]:
    account, route53 = Account(session), session.client("route53")
    zones: dict[str, tuple[str, list[str]]] = {}
    for host in hosts:
        found = account.around(host)[:1]
        fix = (
            f"aws route53 create-hosted-zone --name {host.partition('.')[2]} --caller-reference {host} (docs/names.md)"
        )
        yield check(AREA, f"A hosted zone of the account holds {host}", bool(found), fix=fix)
        zones |= dict.fromkeys([name for name, _ in found], found[0]) if found else {}
    for name, ids in zones.values():
        servers = {
            server.lower().rstrip(".")
            for one in ids
            for server in route53.get_hosted_zone(Id=one).get("DelegationSet", {}).get("NameServers", [])
        }
        yield _delegation(name, servers)


def _delegation(zone: str, servers: set[str]) -> Check:
    rule = f"The world's resolvers ask Route 53 for {zone}"
    try:
        answer = dns.resolver.resolve(zone, "NS", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        found: set[str] = set()
    except dns.exception.DNSException as error:
        return Check(area=AREA, rule=rule, state="unknown", found=str(error), fix=f"dig NS {zone}")
    else:
        found = {str(one).lower().rstrip(".") for one in answer}
    return check(
        AREA,
        rule,
        bool(found & servers),
        found=", ".join(sorted(found)) or "no name server",
        fix=f"delegate {zone} at its registrar to {', '.join(sorted(servers))}",
    )


def _certificate(session: boto3.Session, arn: str) -> Iterator[Check]:
    found: Any = session.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    waiting = [
        f"{record['Name']} {record['Type']} {record['Value']}"
        for one in found.get("DomainValidationOptions", [])
        if one.get("ValidationStatus") != "SUCCESS" and (record := one.get("ResourceRecord"))
    ]
    yield check(
        AREA,
        f"The certificate of {found['DomainName']} is issued",
        found["Status"] == "ISSUED",
        found=found["Status"],
        fix=f"resolvers must find: {'; '.join(waiting)}",
    )


def _mail(session: boto3.Session, settings: Mapping[str, Any]) -> Iterator[Check]:
    ses: Any = session.client("sesv2")
    account = ses.get_account()
    yield check(
        AREA,
        "Amazon SES sends to every address",
        bool(account.get("ProductionAccessEnabled")),
        found="" if account.get("ProductionAccessEnabled") else "the account is in the sandbox",
        fix="request production access: aws sesv2 put-account-details --production-access-enabled --mail-type "
        "TRANSACTIONAL --website-url https://" + settings["domain"],
        otherwise="warning",
    )
    domain = (settings["emailFrom"] or f"@{settings['domain']}").rpartition("@")[2]
    try:
        status = ses.get_email_identity(EmailIdentity=domain).get("DkimAttributes", {}).get("Status", "")
    except ses.exceptions.NotFoundException:
        return
    rule = f"Receivers find the DKIM keys of {domain}"
    fix = "the CNAME records <key>._domainkey must be in the zone that resolvers ask: pulumi up --refresh"
    yield check(AREA, rule, status == "SUCCESS", found=status, fix=fix)
