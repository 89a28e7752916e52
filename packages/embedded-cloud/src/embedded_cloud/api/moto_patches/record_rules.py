"""What Route 53 asks of one record: its place, its parts and its values, in AWS's words."""

import ipaddress
import re
from collections.abc import Mapping, Sequence

from moto.route53.models import FakeZone, RecordSet

ROUTING = ("weight", "region", "failover", "geo_location", "multi_value_answer")
"""Attributes of a routing policy; a record with none of them is a simple one."""
_TEXT = re.compile(r'(?:"(?:[^"\\]|\\.)*"\s*)+', re.DOTALL)


def problem_of(record: RecordSet, zone: FakeZone, zones: Mapping[str, FakeZone], action: str) -> str:
    """Why Route 53 does not take the record; empty when it does."""
    where = f"RRSet with DNS name {record.name}"
    if record.name != zone.name and not record.name.endswith(f".{zone.name}"):
        return f"{where} is not permitted in zone {zone.name}"
    if record.type == "CNAME" and record.name == zone.name:
        return f"RRSet of type CNAME with DNS name {record.name} is not permitted at apex in zone {zone.name}"
    given = sum((bool(record.alias_target), bool(record.records) or bool(record.ttl)))
    if given != 1 or (not record.alias_target and not (record.records and record.ttl is not None)):
        return (
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
            f"TrafficPolicyInstanceId], but found {'more than one' if given > 1 else 'none'} in Change with [Action="
            f"{action}, Name={record.name}, Type={record.type}, SetIdentifier={record.set_identifier or 'null'}]"
        )
    if bool(record.set_identifier) != any(getattr(record, policy) is not None for policy in ROUTING):
        return f"{where}, type {record.type}: SetIdentifier must be given with a routing policy, and only with one"
    return _alias_problem(record, zones) if record.alias_target else _value_problem(str(record.type), record.records)


def same_values(one: RecordSet, other: RecordSet) -> bool:
    """Whether a deletion names the values that the record has."""
    return _values(one) == _values(other)


def _values(record: RecordSet) -> tuple[object, ...]:
    alias = record.alias_target or {}
    target = (
        (_plain(alias["DNSName"]), alias.get("HostedZoneId"), str(alias.get("EvaluateTargetHealth", False)).lower())
        if alias
        else None
    )
    ttl = None if record.ttl is None else int(record.ttl)
    routing = tuple(str(getattr(record, policy)) for policy in ROUTING)
    return target, ttl, sorted(record.records or []), routing


def _alias_problem(record: RecordSet, zones: Mapping[str, FakeZone]) -> str:
    """An alias in a zone of this account leads to a record of the same type."""
    zone_id = record.alias_target["HostedZoneId"]
    name, zone = f"{_plain(record.alias_target['DNSName'])}.", zones.get(zone_id)
    if zone is None:
        return ""
    what = f"Tried to create an alias that targets {name}, type {record.type} in zone {zone_id}"
    if name != zone.name and not name.endswith(f".{zone.name}"):
        return f"{what}, but the alias target name does not lie within the target zone"
    if not any(one.name == name and one.type == record.type for one in zone.rrsets):
        return f"{what}, but that target was not found"
    return ""


def _value_problem(kind: str, values: Sequence[str]) -> str:
    if kind == "CNAME" and len(values) > 1:
        return "Invalid Resource Record: 'FATAL problem: a CNAME record takes one value'"
    for value in values:
        if kind in ("A", "AAAA") and not _is_address(value, 4 if kind == "A" else 6):
            code = "ARRDATAIllegalIPv4Address" if kind == "A" else "AAAARRDATAIllegalIPv6Address"
            reason = f"{code} (Value is not a valid IPv{4 if kind == 'A' else 6} address)"
        elif kind in ("TXT", "SPF") and not _TEXT.fullmatch(value.strip()):
            reason = "InvalidCharacterString (Value should be enclosed in quotation marks)"
        else:
            continue
        return f"Invalid Resource Record: 'FATAL problem: {reason} encountered with '{value}''"
    return ""


def _is_address(value: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(value).version == version
    except ValueError:
        return False


def _plain(name: str) -> str:
    return name.rstrip(".").lower()
