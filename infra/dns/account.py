"""The public hosted zones of an account."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3

from infra.dns.record_sets import RecordSet, is_within, plain


@dataclass(frozen=True, kw_only=True)
class HostZone:
    """A public hosted zone with its records."""

    zone_id: str
    name: str
    records: list[RecordSet]


class Account:
    """The public hosted zones of the account, read at the first question."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._read: dict[str, HostZone] = {}

    @cached_property
    def _ids(self) -> dict[str, list[str]]:
        """Ids by name; several zones may have one name."""
        paginator: Any = self._session.client("route53").get_paginator("list_hosted_zones")
        found: dict[str, list[str]] = {}
        for one in (one for page in paginator.paginate() for one in page["HostedZones"]):
            if not one["Config"]["PrivateZone"]:
                found.setdefault(plain(one["Name"]), []).append(one["Id"].rpartition("/")[2])
        return found

    def around(self, host: str) -> list[tuple[str, list[str]]]:
        """Name and ids of the zones that may hold the host, the longest name first."""
        return sorted(((name, ids) for name, ids in self._ids.items() if is_within(host, name)), key=_shortness)

    def zone(self, zone_id: str, name: str) -> HostZone:
        """One zone with its records."""
        if zone_id not in self._read:
            self._read[zone_id] = HostZone(zone_id=zone_id, name=name, records=_records(self._session, zone_id))
        return self._read[zone_id]


def _shortness(found: tuple[str, list[str]]) -> int:
    return -len(found[0])


def _records(session: boto3.Session, zone_id: str) -> list[RecordSet]:
    """Every record of the zone; Route 53 answers with 300 at a time."""
    paginator: Any = session.client("route53").get_paginator("list_resource_record_sets")
    return [one for page in paginator.paginate(HostedZoneId=zone_id) for one in page["ResourceRecordSets"]]
