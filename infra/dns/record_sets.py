"""Record sets of a Route 53 zone, as its API returns them: find, compare, describe and change them. Pure."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from json import dumps
from typing import Any

RecordSet = dict[str, Any]

SITE_TYPES = ("A", "AAAA", "CNAME", "HTTPS")
"""Types by which a browser finds a site. An HTTPS record may hold addresses too (RFC 9460)."""
POLICIES = {
    "Weight": "weighted",
    "Region": "latency",
    "GeoLocation": "geolocation",
    "GeoProximityLocation": "geoproximity",
    "Failover": "failover",
    "MultiValueAnswer": "multivalue answer",
    "CidrRoutingConfig": "IP-based",
}
"""Attributes of a routing policy, with the policy's name
(docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html)."""
AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Values of a CAA record that let ACM issue (docs.aws.amazon.com/acm/latest/userguide/setup-caa.html)."""


def plain(name: str) -> str:
    """A DNS name in small letters, without the final dot and Route 53's escapes."""
    return name.rstrip(".").lower().replace("\\052", "*")


def is_within(name: str, domain: str) -> bool:
    """Whether a name is the domain or below it; everything is below the empty one."""
    return not domain or plain(name) == domain or plain(name).endswith(f".{domain}")


def at(records: Iterable[RecordSet], name: str, types: Sequence[str] = SITE_TYPES) -> list[RecordSet]:
    """The records of these types with exactly this name."""
    return [one for one in records if plain(one["Name"]) == plain(name) and one["Type"] in types]


def answering_wildcard(records: Iterable[RecordSet], name: str) -> list[RecordSet]:
    """The wildcard records that apply to a name without records of its own."""
    known, labels = list(records), plain(name).split(".")
    for cut in range(1, len(labels)):
        if found := at(known, ".".join(("*", *labels[cut:]))):
            return found
    return []


def delegation(records: Iterable[RecordSet], name: str, zone: str) -> RecordSet | None:
    """The NS record that hands the name, or a domain above it, to other name servers than the zone's."""
    return next(
        (
            one
            for one in records
            if one["Type"] == "NS" and plain(one["Name"]) != plain(zone) and is_within(name, plain(one["Name"]))
        ),
        None,
    )


def forbidding_caa(records: Iterable[RecordSet], name: str) -> RecordSet | None:
    """The CAA record closest to the name, when it lets other certificate authorities issue and not Amazon."""
    known, labels = list(records), plain(name).split(".")
    for cut in range(len(labels)):
        for record in at(known, ".".join(labels[cut:]), ["CAA"]):
            issuers = [value for value in map(_caa_issuer, values_of(record)) if value is not None]
            return record if issuers and not set(issuers) & set(AMAZON) else None
    return None


def values_of(record: RecordSet) -> list[str]:
    """The values of a record; empty for an alias."""
    return [str(one["Value"]) for one in record.get("ResourceRecords", [])]


def alias_of(record: RecordSet) -> str:
    """DNS name of an alias's target, without the prefix by which the console asks for both protocols; else empty."""
    return plain(record.get("AliasTarget", {}).get("DNSName", "")).removeprefix("dualstack.")


def policy_of(record: RecordSet) -> str:
    """Name of the record's routing policy; empty for a simple record."""
    return next((name for attribute, name in POLICIES.items() if attribute in record), "")


def describe(record: RecordSet) -> str:
    """`CNAME app.example.com -> old.example.net (TTL 300 s)`."""
    target = f"alias of {alias_of(record)}" if "AliasTarget" in record else ", ".join(map(plain, values_of(record)))
    ttl = f" (TTL {record['TTL']} s)" if "TTL" in record else ""
    return f"{record['Type']} {plain(record['Name'])} -> {target}{ttl}"


def same(one: RecordSet, other: RecordSet) -> bool:
    """Whether two records have one name, type and target; the TTL does not count."""
    return _identity(one) == _identity(other)


def alike(some: Sequence[RecordSet], others: Sequence[RecordSet]) -> bool:
    """Whether two lists hold the same records in any order."""
    return len(some) == len(others) and all(any(same(one, other) for other in others) for one in some)


def site_aliases(host: str, target: Mapping[str, Any]) -> list[RecordSet]:
    """An A and an AAAA alias; `target` is an AliasTarget."""
    return [{"Name": f"{plain(host)}.", "Type": kind, "AliasTarget": dict(target)} for kind in ("A", "AAAA")]


def change(action: str, record: RecordSet) -> dict[str, Any]:
    """One change of a batch."""
    return {"Action": action, "ResourceRecordSet": record}


def simple_command(zone_id: str, records: Sequence[RecordSet]) -> str:
    """The command that leaves one simple record per type instead of these: the one with most weight, or the first."""
    kept: dict[str, RecordSet] = {}
    for record in sorted(records, key=lambda one: -int(one.get("Weight", 0))):
        kept.setdefault(record["Type"], record)
    dropped = {*POLICIES, "SetIdentifier", "HealthCheckId"}
    simple = [{key: value for key, value in record.items() if key not in dropped} for record in kept.values()]
    changes = [*(change("DELETE", one) for one in records), *(change("CREATE", one) for one in simple)]
    return change_command(zone_id, {"Changes": changes})


def change_command(zone_id: str, batch: Mapping[str, Any]) -> str:
    """The AWS CLI's command for a change batch."""
    return (
        f"aws route53 change-resource-record-sets --hosted-zone-id {zone_id} --change-batch {shlex.quote(dumps(batch))}"
    )


def _identity(record: RecordSet) -> tuple[Any, ...]:
    zone = record.get("AliasTarget", {}).get("HostedZoneId")
    values = sorted(plain(value) for value in values_of(record))
    return plain(record["Name"]), record["Type"], record.get("SetIdentifier"), alias_of(record), zone, values


def _caa_issuer(value: str) -> str | None:
    """`0 issue "amazon.com; account=1"` is amazon.com; None for another property."""
    _flags, _, rest = value.partition(" ")
    tag, _, issuer = rest.strip().partition(" ")
    return issuer.strip().strip('"').partition(";")[0].strip() if tag == "issue" else None
