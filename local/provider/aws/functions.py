"""Functions that ask about the account and the region."""

from typing import Any

from local.provider.call import Call, from_boto
from local.provider.entry import Function
from local.provider.failures import OperationError
from local.provider.values import Values


def _filters(call: Call) -> dict[str, Any]:
    asked = [{"Name": one["name"], "Values": one["values"]} for one in call.inputs.get("filters", [])]
    return {"Filters": asked} if asked else {}


def _availability_zones(call: Call) -> Values:
    filters = _filters(call).get("Filters", [])
    if "state" in call.inputs:
        filters = [*filters, {"Name": "state", "Values": [call.inputs["state"]]}]
    excluded = {*call.inputs.get("excludeNames", []), *call.inputs.get("excludeZoneIds", [])}
    zones = sorted(
        (
            zone
            for zone in call.aws("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
            if not {zone["ZoneName"], zone["ZoneId"]} & excluded
        ),
        key=lambda zone: str(zone["ZoneName"]),
    )
    return {
        **call.inputs,
        "id": call.region,
        "region": call.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({zone.get("GroupName", call.region) for zone in zones}),
    }


def _caller_identity(call: Call) -> Values:
    answer = call.aws("sts").get_caller_identity()
    return {"id": answer["Account"], **from_boto(answer, "arn", accountId="Account", userId="UserId")}


def _region(call: Call) -> Values:
    name = call.inputs.get("region") or call.inputs.get("name") or call.region
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def _partition(_call: Call) -> Values:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def _one_prefix_list(call: Call, id_property: str) -> dict[str, Any]:
    filters = _filters(call).get("Filters", [])
    if "name" in call.inputs:
        filters = [*filters, {"Name": "prefix-list-name", "Values": [call.inputs["name"]]}]
    ids = {"PrefixListIds": [call.inputs[id_property]]} if id_property in call.inputs else {}
    found = call.aws("ec2").describe_managed_prefix_lists(Filters=filters, **ids)["PrefixLists"]
    if len(found) != 1:
        raise OperationError(f"{len(found) or 'no'} prefix lists match {call.inputs}; exactly one must")
    prefix_list: dict[str, Any] = found[0]
    return prefix_list


def _entries(call: Call, prefix_list: dict[str, Any]) -> list[Values]:
    answer = call.aws("ec2").get_managed_prefix_list_entries(PrefixListId=prefix_list["PrefixListId"])
    return [from_boto(entry, "cidr description") for entry in answer["Entries"]]


def _prefix_list(call: Call) -> Values:
    found = _one_prefix_list(call, "prefixListId")
    return {
        **call.inputs,
        **from_boto(found, "prefixListId", id="PrefixListId", name="PrefixListName"),
        "cidrBlocks": [entry["cidr"] for entry in _entries(call, found)],
        "region": call.region,
    }


def _managed_prefix_list(call: Call) -> Values:
    found = _one_prefix_list(call, "id")
    return {
        **call.inputs,
        **from_boto(found, "addressFamily maxEntries ownerId version", arn="PrefixListArn", name="PrefixListName"),
        "id": found["PrefixListId"],
        "entries": _entries(call, found),
        "region": call.region,
    }


FUNCTIONS = (
    Function("aws:index/getAvailabilityZones:getAvailabilityZones", _availability_zones),
    Function("aws:index/getCallerIdentity:getCallerIdentity", _caller_identity),
    Function("aws:index/getRegion:getRegion", _region),
    Function("aws:index/getPartition:getPartition", _partition),
    Function("aws:ec2/getPrefixList:getPrefixList", _prefix_list),
    Function("aws:ec2/getManagedPrefixList:getManagedPrefixList", _managed_prefix_list),
)
