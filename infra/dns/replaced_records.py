"""Replace the records of an old server, and restore them, each in one Route 53 change batch: the name always resolves.

The old records are kept in an SSM parameter that Pulumi does not manage, so it outlives the stack. Its value is the
change batch that restores them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.dns.record_sets import RecordSet, alike, at, change, same
from infra.naming import REPLACED_RECORDS


@dataclass(frozen=True, kw_only=True)
class Name:
    """A name of the site in a hosted zone, and the parameters that keep its replaced records."""

    zone_id: str
    host: str
    path: str
    """Path of the stack's parameters (`naming.replaced_records_path`)."""

    @property
    def parameter(self) -> str:
        """Name of the parameter for this host."""
        return f"{self.path}/{self.zone_id}/{self.host}"


@dataclass(frozen=True)
class Replaced:
    """What a parameter holds: the records before the site's, and the site's."""

    before: list[RecordSet]
    after: list[RecordSet]

    def to_batch(self) -> dict[str, Any]:
        """The change batch that restores the records before."""
        return {
            "Changes": [*(change("DELETE", one) for one in self.after), *(change("CREATE", one) for one in self.before)]
        }

    @classmethod
    def from_batch(cls, batch: dict[str, Any]) -> "Replaced":
        """Read a value of `to_batch`."""
        changes = batch["Changes"]
        return cls(
            before=[one["ResourceRecordSet"] for one in changes if one["Action"] == "CREATE"],
            after=[one["ResourceRecordSet"] for one in changes if one["Action"] == "DELETE"],
        )


def current(session: boto3.Session, name: Name) -> list[RecordSet]:
    """The records of this name now, of the types that browsers ask for."""
    route53: Any = session.client("route53")
    # Route 53 lists by name; one name has few records.
    found = route53.list_resource_record_sets(HostedZoneId=name.zone_id, StartRecordName=name.host)
    return at(found["ResourceRecordSets"], name.host)


def take_over(session: boto3.Session, name: Name, foreign: list[RecordSet], aliases: list[RecordSet]) -> None:
    """Replace the records of the name by `aliases`, and keep them.

    `foreign`: its records now that are not the stack's. After an interruption, call it again: it does what is left.
    Records that were kept before stay kept, unless `foreign` are others than this stack left.
    """
    kept = kept_for(session, name)
    before = kept.before if kept and (not foreign or alike(foreign, kept.after)) else foreign
    wanted = Replaced(before=before, after=aliases)
    if before and wanted != kept:
        _keep(session, name, wanted)
    others = [one for one in current(session, name) if not any(same(one, alias) for alias in aliases)]
    if others:
        upserted = {one["Type"] for one in aliases}
        obsolete = [change("DELETE", one) for one in others if one["Type"] not in upserted]
        _send(session, name, [*obsolete, *(change("UPSERT", one) for one in aliases)])


def give_back(session: boto3.Session, name: Name, before: Sequence[RecordSet]) -> bool:
    """Restore the records before. False when the name has them already."""
    found = current(session, name)
    if alike(found, before):
        return False
    _send(session, name, [*(change("DELETE", one) for one in found), *(change("CREATE", one) for one in before)])
    return True


def kept_for(session: boto3.Session, name: Name) -> Replaced | None:
    """The replaced records of the name; None when it was not taken over."""
    ssm: Any = session.client("ssm")
    try:
        return Replaced.from_batch(json.loads(ssm.get_parameter(Name=name.parameter)["Parameter"]["Value"]))
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise


def all_kept(session: boto3.Session, path: str) -> dict[Name, Replaced]:
    """Every name below the path that was taken over, with its replaced records."""
    paginator: Any = session.client("ssm").get_paginator("get_parameters_by_path")
    found = {}
    for page in paginator.paginate(Path=path, Recursive=True):
        for parameter in page["Parameters"]:
            owner, zone_id, host = parameter["Name"].rsplit("/", 2)
            if owner.endswith(f"/{REPLACED_RECORDS}"):
                name = Name(zone_id=zone_id, host=host, path=owner)
                found[name] = Replaced.from_batch(json.loads(parameter["Value"]))
    return found


def _keep(session: boto3.Session, name: Name, replaced: Replaced) -> None:
    ssm: Any = session.client("ssm")
    ssm.put_parameter(
        Name=name.parameter,
        Description=f"Route 53 change batch that restores the earlier records of {name.host} (docs/move.md)",
        Value=json.dumps(replaced.to_batch()),
        Type="String",
        # Records with many values exceed the 4 KB of the free tier.
        Tier="Intelligent-Tiering",
        Overwrite=True,
    )


def _send(session: boto3.Session, name: Name, changes: list[dict[str, Any]]) -> None:
    route53: Any = session.client("route53")
    route53.change_resource_record_sets(HostedZoneId=name.zone_id, ChangeBatch={"Changes": changes})
