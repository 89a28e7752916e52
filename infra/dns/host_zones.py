"""The hosted zone of each name of the site: the one of the setting `zone`, or another one of the account."""

from collections.abc import Iterator, Mapping

from infra.dns.account import Account, HostZone
from infra.dns.record_sets import delegation, is_within, plain
from infra.dns.wanted import Wanted
from infra.problem import Problem, set_command

Zones = Mapping[str, HostZone]
"""Zone by host. A name in the zone that the stack creates has none yet."""


def find(account: Account, wanted: Wanted, main: HostZone | None) -> tuple[dict[str, HostZone], list[Problem]]:
    """The zone of each host, and the problems of those without one.

    `main` is the zone of the setting `zone`. A name in it is found there unless it delegates the name to a zone of the
    account; any other name is in the zone with the longest name that fits.
    """
    zones: dict[str, HostZone] = {}
    problems: list[Problem] = []
    for host in wanted.hosts:
        name, ids = _other_zone(account, wanted, main, host) if wanted.needs_zones else ("", [])
        if len(ids) == 1:
            zones[host] = account.zone(ids[0], name)
        elif ids:
            problems.append(_several(wanted, host, name, ids))
        elif is_within(host, wanted.zone):
            zones |= {host: main} if main else {}
        elif wanted.needs_zones:
            problems.append(_missing(wanted, host))
    return zones, problems


def notes(account: Account, main: HostZone | None, zones: Zones) -> Iterator[str]:
    """Which other zones get records, and which of them no other zone of the account delegates."""
    for host, found in zones.items():
        if found is main:
            continue
        yield f"{host}: its records are in the hosted zone {found.name} ({found.zone_id})"
        above = next(((name, ids) for name, ids in account.around(host) if len(name) < len(found.name)), None)
        if above and not delegation(account.zone(above[1][0], above[0]).records, host, above[0]):
            yield (
                f"{host}: the zone {above[0]} of this account does not delegate {found.name}. If resolvers ask "
                f"{above[0]}, they see no record of {found.name}, and the certificate is not issued"
            )


def _other_zone(account: Account, wanted: Wanted, main: HostZone | None, host: str) -> tuple[str, list[str]]:
    """Name and ids of the zone of a host that is not in the main one; no ids when there is none.

    The site's domain is always in the main one: `zone` and `domain` are set together.
    """
    domain = ""
    if is_within(host, wanted.zone):
        delegated = delegation(main.records, host, wanted.zone) if main and host != wanted.hosts[0] else None
        if delegated is None:
            return "", []
        domain = plain(delegated["Name"])
    return next(((name, ids) for name, ids in account.around(host) if is_within(name, domain)), ("", []))


def _several(wanted: Wanted, host: str, name: str, ids: list[str]) -> Problem:
    rule = f"{host} is in the zone {name}, and {len(ids)} public hosted zones have this name: {', '.join(ids)}"
    fix = (
        f"`dig NS {name}` shows which one the registrar delegates to; delete the other: aws route53 "
        f"delete-hosted-zone --id <its id>. Or make {name} the zone of the domain: {set_command('zone', name)}, "
        "with domain and zoneId"
    )
    return wanted.problem("aliases", rule, fix)


def _missing(wanted: Wanted, host: str) -> Problem:
    domain = host.partition(".")[2] if host.count(".") > 1 else host
    fix = (
        f"aws route53 create-hosted-zone --name {domain} --caller-reference {domain}, and delegate it at its "
        f"registrar. With DNS elsewhere: {set_command('dns_records', 'none')} && "
        f"{set_command('certificate_arn', '<ARN of a certificate for every name>')} (docs/names.md)"
    )
    return wanted.problem("aliases", f"the account has no public hosted zone that holds {host}", fix)
