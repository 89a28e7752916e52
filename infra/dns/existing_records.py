"""Existing records of the site's names, and records that hide new ones or forbid the certificate."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import boto3

from infra.dns.host_zones import Zones
from infra.dns.record_sets import (
    RecordSet,
    alias_of,
    answering_wildcard,
    at,
    delegation,
    describe,
    forbidding_caa,
    plain,
    policy_of,
    simple_command,
    values_of,
)
from infra.dns.wanted import Wanted
from infra.naming import parameter_name
from infra.problem import Problem, set_command

COMPONENT, NAME = "preqly:infra:SiteNames", "names"
"""Type and logical name of the component with the site's records (infra/dns/records.py)."""


def problems(session: boto3.Session, wanted: Wanted, zones: Zones) -> list[Problem]:
    """Records of the hosts' zones that conflict with the site's records or its certificate."""
    return [
        *_delegated(wanted, zones),
        *(_forbidden(zones) if not wanted.certificate_arn else ()),
        *_answering(session, wanted, zones),
    ]


def notes(wanted: Wanted, zones: Zones) -> Iterator[str]:
    """Notes of wildcard records that no longer apply to a host once the stack creates its records."""
    for host, zone in zones.items() if wanted.dns_records != "none" else ():
        wildcard = answering_wildcard(zone.records, host)
        if wildcard and not at(zone.records, host):
            found = "; ".join(map(describe, wildcard))
            yield f"{host}: {found} applies to it now; the stack's records replace it for this name"


def taken(wanted: Wanted, host: str, found: Sequence[RecordSet], *, deployed: bool = False) -> Problem:
    """The problem of a host with records of others while `dnsRecords` is `create`.

    `deployed`: the stack may have made a record that was then led elsewhere by hand.
    """
    listed = "; ".join(map(describe, found))
    forget = _forget_command(wanted, host, found) if deployed else ""
    fix = (
        f"{set_command('dns_records', 'takeOver')} replaces it once this stack serves and keeps a copy; "
        f"{forget}{set_command('dns_records', 'none')} leaves it (docs/move.md)"
    )
    return wanted.problem("dns_records", f"{host} has a record that is not this stack's: {listed}", fix)


def _forget_command(wanted: Wanted, host: str, found: Sequence[RecordSet]) -> str:
    """Commands that let the stack forget its record: the provider deletes what name and type hold, whoever wrote it.

    The AAAA record depends on the A record, and is forgotten with it.
    """
    kind = next((one for one in ("A", "AAAA") if any(record["Type"] == one for record in found)), None)
    if kind is None:
        return ""
    urn = f"urn:pulumi:{wanted.stack}::{wanted.project}::{COMPONENT}$aws:route53/record:Record::{NAME}-{host}-"
    return (
        f"pulumi state delete --target-dependents '{urn}{kind.lower()}', if the stack has made it, "
        "or the next command deletes the record above; then "
    )


def is_of_own_balancer(session: boto3.Session, wanted: Wanted, record: RecordSet) -> bool | None:
    """Whether the record is an alias of a load balancer of this stack; None when the region has no such balancer.

    A Classic Load Balancer has the same form of name, and is never the stack's.
    """
    if ".elb." not in alias_of(record) or f".{session.region_name}." not in alias_of(record):
        return False
    elb: Any = session.client("elbv2")
    pages = elb.get_paginator("describe_load_balancers").paginate()
    arns = [
        balancer["LoadBalancerArn"]
        for page in pages
        for balancer in page["LoadBalancers"]
        if balancer.get("DNSName", "").lower() == alias_of(record)
    ]
    if not arns:
        return False if _is_classic(session, alias_of(record)) else None
    return wanted.owns(elb.describe_tags(ResourceArns=arns)["TagDescriptions"][0]["Tags"])


def _is_classic(session: boto3.Session, dns_name: str) -> bool:
    elb: Any = session.client("elb")
    pages = elb.get_paginator("describe_load_balancers").paginate()
    return any(
        balancer.get("DNSName", "").lower() == dns_name
        for page in pages
        for balancer in page["LoadBalancerDescriptions"]
    )


def _answering(session: boto3.Session, wanted: Wanted, zones: Zones) -> Iterator[Problem]:
    owners: dict[str, bool | None] = {}
    # Asked once, and only when a record is not plainly the stack's.
    is_deployed = cache(lambda: _is_deployed(session, wanted))
    for host, zone in zones.items() if wanted.dns_records != "none" else ():
        found = at(zone.records, host)
        if routed := [one for one in found if policy_of(one)]:
            yield _routed(wanted, zone.zone_id, host, routed)
            continue
        if wanted.dns_records == "create" and (foreign := list(_foreign(session, wanted, found, owners, is_deployed))):
            yield taken(wanted, host, foreign, deployed=is_deployed())


def _foreign(
    session: boto3.Session,
    wanted: Wanted,
    found: list[RecordSet],
    owners: dict[str, bool | None],
    is_deployed: Callable[[], bool],
) -> Iterator[RecordSet]:
    for record in found:
        # All hosts have aliases of one balancer, which is looked up once.
        if alias_of(record) not in owners:
            owners[alias_of(record)] = is_of_own_balancer(session, wanted, record)
        own = owners[alias_of(record)]
        # A deployed stack may have lost its balancer by hand. The engine knows its own record (records.py).
        if own is False or (own is None and not is_deployed()):
            yield record


def _is_deployed(session: boto3.Session, wanted: Wanted) -> bool:
    ssm: Any = session.client("ssm")
    name = parameter_name(wanted.project, wanted.stack)
    return bool(ssm.get_parameters(Names=[name])["Parameters"])


def _routed(wanted: Wanted, zone_id: str, host: str, routed: list[RecordSet]) -> Problem:
    listed = "; ".join(f"{describe(one)}, {policy_of(one)} record {one.get('SetIdentifier', '')}" for one in routed)
    rule = f"{host} has records with a routing policy, which no simple record can replace in one change: {listed}"
    fix = f"turn them into a simple record first, then run this again: {simple_command(zone_id, routed)}"
    return wanted.problem("dns_records", rule, fix)


def _delegated(wanted: Wanted, zones: Zones) -> Iterator[Problem]:
    for host, zone in zones.items():
        if found := delegation(zone.records, host, zone.name):
            domain, servers = plain(found["Name"]), ", ".join(values_of(found))
            rule = f"{host} is delegated to {servers}, so resolvers do not see records of it in the zone {zone.name}"
            if host == wanted.hosts[0]:
                yield wanted.problem("zone", rule, f"{set_command('zone', domain)}, the zone that it is delegated to")
            else:
                fix = f"delegate {domain} to a public hosted zone of this account, or remove {host} from aliases"
                yield wanted.problem("aliases", rule, fix)


def _forbidden(zones: Zones) -> Iterator[Problem]:
    found = {host: record for host, zone in zones.items() if (record := forbidding_caa(zone.records, host))}
    for name in sorted({record["Name"] for record in found.values()}):
        hosts = [host for host, record in found.items() if record["Name"] == name]
        values = ", ".join(values_of(found[hosts[0]]))
        rule = f"its CAA record ({values}) forbids Amazon to issue the certificate for {', '.join(hosts)}"
        fix = f'add the value 0 issue "amazon.com" to the CAA record of {plain(name)}, or set certificateArn'
        yield Problem("Route 53", plain(name), rule, fix)
