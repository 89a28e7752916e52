"""Lookups: availability zones, caller, region, partition, resources by their tags."""

from typing import Any

from embedded_cloud.providers.aws.tagging import as_map
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import Function
from embedded_cloud.providers.values import Values


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


def _resources(call: Call) -> Values:
    arguments = {
        "ResourceTypeFilters": call.inputs.get("resourceTypeFilters", []),
        "TagFilters": [
            {"Key": one["key"], "Values": one.get("values", [])} for one in call.inputs.get("tagFilters", [])
        ],
    }
    pages = call.aws("resourcegroupstaggingapi").get_paginator("get_resources").paginate(**arguments)
    found = [
        {"resourceArn": one["ResourceARN"], "tags": as_map(one["Tags"])}
        for page in pages
        for one in page["ResourceTagMappingList"]
    ]
    return {**call.inputs, "id": call.region, "region": call.region, "resourceTagMappingLists": found}


FUNCTIONS = (
    Function("aws:index/getAvailabilityZones:getAvailabilityZones", _availability_zones),
    Function("aws:index/getCallerIdentity:getCallerIdentity", _caller_identity),
    Function("aws:index/getRegion:getRegion", _region),
    Function("aws:index/getPartition:getPartition", _partition),
    Function("aws:resourcegroupstaggingapi/getResources:getResources", _resources),
)
