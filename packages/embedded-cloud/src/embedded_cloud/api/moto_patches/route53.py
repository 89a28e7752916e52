"""Route 53: zones that exist twice, and change batches that are checked as AWS checks them, all or nothing."""

from collections.abc import Iterator
from typing import Any

from moto.core.exceptions import ServiceException
from moto.route53.models import FakeZone, RecordSet, Route53Backend, reverse_domain_name, route53_backends

from embedded_cloud.api.moto_patches.record_rules import ROUTING, problem_of, same_values
from embedded_cloud.api.moto_patches.replace import check_before, replace_method

Change = dict[str, Any]


class InvalidChangeBatchError(ServiceException):  # type: ignore[misc] # moto is not typed
    """One message for each change that Route 53 refuses."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("InvalidChangeBatch", f"[{', '.join(messages)}]")


class HostedZoneAlreadyExistsError(ServiceException):  # type: ignore[misc] # moto is not typed
    """A repeated request: Route 53 tells zones of one name apart by the caller's reference."""

    def __init__(self, reference: str) -> None:
        message = f"A hosted zone has already been created with the specified caller reference: {reference}"
        super().__init__("HostedZoneAlreadyExists", message)


def apply() -> None:
    check_before(Route53Backend, "create_hosted_zone", _create_hosted_zone)
    replace_method(Route53Backend, "list_hosted_zones_by_name", lambda _: _list_hosted_zones_by_name)
    replace_method(Route53Backend, "change_resource_record_sets", lambda _: _change_resource_record_sets)


def public_zones(account: str) -> list[FakeZone]:
    """The zones of an account that the internet asks."""
    return [zone for zone in route53_backends[account]["aws"].zones.values() if not zone.private_zone]


def published_cnames(account: str) -> set[tuple[str, str]]:
    """Name and value of each CNAME record in the account's public zones, without final dots."""
    return {
        (record.name.rstrip("."), value.rstrip("."))
        for zone in public_zones(account)
        for record in zone.rrsets
        if record.type == "CNAME"
        for value in record.records
    }


def _create_hosted_zone(route53: Route53Backend, caller_reference: str | None) -> None:
    if caller_reference and any(zone.caller_reference == caller_reference for zone in route53.zones.values()):
        raise HostedZoneAlreadyExistsError(caller_reference)


def _list_hosted_zones_by_name(self: Route53Backend, dnsname: str | None) -> tuple[str | None, list[FakeZone]]:
    """All zones in the order of their reversed names, from `dnsname` on; moto answers with that name only."""
    start = reverse_domain_name(f"{dnsname.rstrip('.')}.") if dnsname else ""
    zones = sorted(self.zones.values(), key=lambda zone: reverse_domain_name(zone.name))
    return dnsname, [zone for zone in zones if reverse_domain_name(zone.name) >= start]


def _change_resource_record_sets(self: Route53Backend, zoneid: str, change_list: list[Change]) -> None:
    zone = self.get_hosted_zone(zoneid)
    # Changes are tried on a copy, so that a refused batch changes nothing.
    trial = list(zone.rrsets)
    messages = [message for change in change_list for message in _apply(self, zone, trial, change)]
    messages += list(_conflicts(zone, trial, change_list)) if not messages else []
    if messages:
        raise InvalidChangeBatchError(list(dict.fromkeys(messages)))
    zone.rrsets = trial


def _apply(backend: Route53Backend, zone: FakeZone, records: list[RecordSet], change: Change) -> Iterator[str]:
    """Make one change in `records`, or yield why Route 53 refuses it."""
    action, record = change["Action"], _record_set(change["ResourceRecordSet"])
    found = next((one for one in records if _key(one) == _key(record)), None)
    what = f"resource record set [name='{record.name}', type='{record.type}'{_identifier(record)}]"
    if action == "DELETE":
        if found is None:
            yield f"Tried to delete {what} but it was not found"
        elif not same_values(found, record):
            yield f"Tried to delete {what} but the values provided do not match the current values"
        elif record.type in ("NS", "SOA") and record.name == zone.name:
            yield f"A HostedZone must contain at least one {record.type} record for the zone itself."
        else:
            records.remove(found)
    elif problem := problem_of(record, zone, backend.zones, action):
        yield problem
    elif found is None:
        records.append(record)
    elif action == "CREATE":
        yield f"Tried to create {what} but it already exists"
    else:
        records[records.index(found)] = record


def _conflicts(zone: FakeZone, records: list[RecordSet], changes: list[Change]) -> Iterator[str]:
    """Names that the batch leaves with records that exclude each other."""
    changed = {_record_set(change["ResourceRecordSet"]).name for change in changes}
    for name in sorted(changed):
        here = [one for one in records if one.name == name]
        kinds = {one.type for one in here}
        if "CNAME" in kinds and len(kinds) > 1:
            yield _beside_cname(zone, name, changes, kinds)
        for kind in sorted(kinds):
            policies = {
                tuple(getattr(one, policy) is not None for policy in ROUTING) for one in here if one.type == kind
            }
            if len(policies) > 1:
                what = f"RRSet with DNS name {name}, type {kind}"
                yield f"{what} cannot be created as other RRSets exist with the same name and type."


def _beside_cname(zone: FakeZone, name: str, changes: list[Change], kinds: set[str]) -> str:
    written = {
        change["ResourceRecordSet"]["Type"]
        for change in changes
        if change["Action"] != "DELETE" and _record_set(change["ResourceRecordSet"]).name == name
    }
    if "CNAME" in written:
        return (
            f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the "
            f"same DNS name in zone {zone.name}"
        )
    kind = min(written or kinds - {"CNAME"})
    return (
        f"RRSet of type {kind} with DNS name {name} is not permitted because a conflicting RRSet of type CNAME with "
        f"the same DNS name already exists in zone {zone.name}"
    )


def _record_set(asked: dict[str, Any]) -> RecordSet:
    values = [one["Value"] for one in asked.get("ResourceRecords") or []]
    return RecordSet({**asked, "Name": f"{asked['Name'].rstrip('.').lower()}.", "ResourceRecords": values})


def _key(record: RecordSet) -> tuple[str, str | None, str | None]:
    return record.name.lower(), record.type, record.set_identifier


def _identifier(record: RecordSet) -> str:
    return f", set-identifier='{record.set_identifier}'" if record.set_identifier else ""
