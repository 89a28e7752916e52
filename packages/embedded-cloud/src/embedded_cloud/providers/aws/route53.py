"""Route 53: hosted zones and records."""

import uuid
from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.tagging import ZONE_TAGS
from embedded_cloud.providers.call import Call, from_boto, to_boto
from embedded_cloud.providers.entry import Function, ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values


def plain_name(name: str) -> str:
    """Normalize a DNS name: lower case, no final dot."""
    return name.rstrip(".").lower().replace("\\052", "*")


def same_name(one: str, other: str) -> bool:
    """Whether two record names are equal; either may lack its zone."""
    shorter, longer = sorted((plain_name(one), plain_name(other)), key=len)
    return shorter == longer or longer.startswith(f"{shorter}.")


def _zone_values(answer: dict[str, Any]) -> Values:
    zone = answer["HostedZone"]
    zone_id = zone["Id"].rsplit("/", 1)[-1]
    servers = answer.get("DelegationSet", {}).get("NameServers", [])
    return {
        "name": plain_name(zone["Name"]),
        "zoneId": zone_id,
        "arn": f"arn:aws:route53:::hostedzone/{zone_id}",
        "comment": zone.get("Config", {}).get("Comment", ""),
        "nameServers": sorted(servers),
        "primaryNameServer": servers[0] if servers else "",
    }


def _create_zone(call: Call) -> str:
    comment = call.inputs.get("comment", "Managed by Pulumi")
    answer = call.aws("route53").create_hosted_zone(
        Name=call.inputs["name"], CallerReference=str(uuid.uuid4()), HostedZoneConfig={"Comment": comment}
    )
    return str(answer["HostedZone"]["Id"].rsplit("/", 1)[-1])


def _delete_zone(call: Call) -> None:
    route53 = call.aws("route53")
    if call.state.get("forceDestroy"):
        for records in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=call.id):
            for record in records["ResourceRecordSets"]:
                if record["Type"] not in ("NS", "SOA"):
                    _change(call, call.id, "DELETE", record)
    route53.delete_hosted_zone(Id=call.id)


def _change(call: Call, zone_id: str, action: str, record: dict[str, Any]) -> None:
    changes = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    call.aws("route53").change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=changes)


def _full_name(call: Call, values: Values) -> str:
    zone = call.aws("route53").get_hosted_zone(Id=values["zoneId"])["HostedZone"]["Name"]
    name, zone = plain_name(values["name"]), plain_name(zone)
    return name if name == zone or name.endswith(f".{zone}") else f"{name}.{zone}" if name else zone


def _record_set(call: Call, values: Values) -> dict[str, Any]:
    record: dict[str, Any] = {"Name": _full_name(call, values), **to_boto(values, "type setIdentifier", ttl="TTL")}
    if values.get("records") is not None:
        record["ResourceRecords"] = [{"Value": _quoted(values["type"], value)} for value in values["records"]]
    if values.get("aliases"):
        (alias,) = values["aliases"]
        record["AliasTarget"] = to_boto(alias, "evaluateTargetHealth", name="DNSName", zoneId="HostedZoneId")
    return record


def _quoted(kind: str, value: str) -> str:
    return f'"{value}"' if kind in ("TXT", "SPF") and not value.startswith('"') else value


def _create_record(call: Call) -> str:
    record = _record_set(call, call.inputs)
    _change(call, call.inputs["zoneId"], "UPSERT" if call.inputs.get("allowOverwrite") else "CREATE", record)
    return "_".join([call.inputs["zoneId"], record["Name"], record["Type"]])


def _found_record(call: Call) -> dict[str, Any] | None:
    zone_id, name, kind = call.id.split("_", 1)[0], *call.id.split("_", 1)[1].rsplit("_", 1)
    records = call.aws("route53").list_resource_record_sets(
        HostedZoneId=zone_id, StartRecordName=name, StartRecordType=kind, MaxItems="1"
    )["ResourceRecordSets"]
    for record in records:
        if plain_name(record["Name"]) == name and record["Type"] == kind:
            found: dict[str, Any] = record
            return found
    return None


def _read_record(call: Call) -> Values | None:
    record = _found_record(call)
    if record is None:
        return None
    text = record["Type"] in ("TXT", "SPF")
    values = [one["Value"].strip('"') if text else one["Value"] for one in record.get("ResourceRecords", [])]
    known: Values = {
        **from_boto(record, "type setIdentifier"),
        "name": plain_name(record["Name"]),
        "fqdn": plain_name(record["Name"]),
        "zoneId": call.id.split("_", 1)[0],
    }
    if "AliasTarget" in record:
        alias = from_boto(record["AliasTarget"], "evaluateTargetHealth", zoneId="HostedZoneId")
        known["aliases"] = [{**alias, "name": plain_name(record["AliasTarget"]["DNSName"])}]
    else:
        known |= {"records": values, "ttl": int(record["TTL"])}
    return known


def _check_record(inputs: Values) -> list[tuple[str, str]]:
    if ("records" in inputs) == ("aliases" in inputs):
        return [("records", "exactly one of records and aliases is required")]
    if "records" in inputs and "ttl" not in inputs:
        return [("ttl", "is required beside records; seconds")]
    if "aliases" in inputs and "ttl" in inputs:
        return [("ttl", "conflicts with aliases: Route 53 takes the TTL of the alias's target")]
    return []


def _delete_record(call: Call) -> None:
    record = _found_record(call)
    if record is not None:
        _change(call, call.id.split("_", 1)[0], "DELETE", record)


def _get_zone(call: Call) -> Values:
    route53, asked = call.aws("route53"), call.inputs
    if "zoneId" in asked:
        ids = [asked["zoneId"]]
    else:
        pages = route53.get_paginator("list_hosted_zones").paginate()
        ids = [
            zone["Id"].rsplit("/", 1)[-1]
            for page in pages
            for zone in page["HostedZones"]
            if plain_name(zone["Name"]) == plain_name(asked.get("name", ""))
            and zone["Config"]["PrivateZone"] == asked.get("privateZone", False)
        ]
    if len(ids) != 1:
        # In the words of pulumi-aws.
        found = "multiple Route 53 Hosted Zones found" if ids else "no matching Route 53 Hosted Zone found"
        raise OperationError(f"{found}: {asked.get('name')}; create one, or look it up by zoneId")
    answer = route53.get_hosted_zone(Id=ids[0])
    zone = answer["HostedZone"]
    return {
        **_zone_values(answer),
        "id": ids[0],
        "callerReference": zone["CallerReference"],
        "privateZone": zone["Config"]["PrivateZone"],
        "resourceRecordSetCount": zone["ResourceRecordSetCount"],
        "tags": {},
    }


EMULATION = Emulation(
    service="Amazon Route 53",
    types="aws:route53/",
    acts=("ACM and SES read its records",),
    stored=("answers: nothing resolves the names",),
    refused=("change batches that AWS refuses, all or nothing",),
)

RESOURCES = (
    ResourceType(
        "aws:route53/zone:Zone",
        effect="holds the records that ACM and SES read",
        reported="name comment",
        unreported="forceDestroy",
        replaces="name",
        equal={"name": lambda one, other: plain_name(one) == plain_name(other)},
        tags=ZONE_TAGS,
        check=lambda inputs: [] if "name" in inputs else [("name", "is required: the zone's domain")],
        create=_create_zone,
        read=lambda call: _zone_values(call.aws("route53").get_hosted_zone(Id=call.id)),
        update=lambda call: call.aws("route53").update_hosted_zone_comment(
            Id=call.id, Comment=call.inputs.get("comment", "Managed by Pulumi")
        ),
        delete=_delete_zone,
    ),
    ResourceType(
        "aws:route53/record:Record",
        effect="is read by ACM and SES; nothing resolves it",
        reported="zoneId name type ttl records aliases setIdentifier",
        unreported="allowOverwrite",
        replaces="zoneId name type setIdentifier",
        unordered="records",
        equal={"name": same_name},
        references={"zoneId": references.ZONE},
        check=_check_record,
        # A zone has one record per name and type.
        delete_before_replace=True,
        create=_create_record,
        read=_read_record,
        update=lambda call: _change(call, call.inputs["zoneId"], "UPSERT", _record_set(call, call.inputs)),
        delete=_delete_record,
    ),
)
FUNCTIONS = (Function("aws:route53/getZone:getZone", _get_zone),)
