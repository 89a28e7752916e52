"""EC2 Auto Scaling: groups that keep a number of instances of a launch template."""

from typing import Any

from local.provider.aws import references
from local.provider.call import Call, from_boto
from local.provider.entry import AutoName, Reference, ResourceType
from local.provider.values import Values

_SIZES = "minSize maxSize desiredCapacity healthCheckGracePeriod healthCheckType"
DELETE_SECONDS = 120


def _parameters(call: Call) -> dict[str, Any]:
    template = {
        "LaunchTemplateId": call.inputs["launchTemplate"]["id"],
        "Version": str(call.inputs["launchTemplate"].get("version", "$Default")),
    }
    return {
        "AutoScalingGroupName": call.inputs["name"],
        "LaunchTemplate": template,
        "VPCZoneIdentifier": ",".join(call.inputs["vpcZoneIdentifiers"]),
        **call.params(_SIZES),
    }


def _create(call: Call) -> str:
    tags = [_tag(call.inputs["name"], tag) for tag in call.inputs.get("tags", [])]
    call.aws("autoscaling").create_auto_scaling_group(**_parameters(call), Tags=tags)
    return str(call.inputs["name"])


def _tag(group: str, tag: Values) -> dict[str, Any]:
    return {
        "ResourceId": group,
        "ResourceType": "auto-scaling-group",
        "Key": tag["key"],
        "Value": tag["value"],
        "PropagateAtLaunch": bool(tag["propagateAtLaunch"]),
    }


def _group(call: Call) -> dict[str, Any] | None:
    answer = call.aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[call.id])
    return next(iter(answer["AutoScalingGroups"]), None)


def _read(call: Call) -> Values | None:
    group = _group(call)
    if group is None:
        return None
    template = group["LaunchTemplate"]
    return {
        **from_boto(group, _SIZES, name="AutoScalingGroupName", arn="AutoScalingGroupARN"),
        "launchTemplate": {
            "id": template["LaunchTemplateId"],
            "name": template["LaunchTemplateName"],
            "version": template.get("Version", "$Default"),
        },
        "vpcZoneIdentifiers": sorted(group["VPCZoneIdentifier"].split(",")),
    }


def _delete(call: Call) -> None:
    if _group(call) is None:
        # AWS calls a name it does not know a wrong one.
        return
    call.aws("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=call.id, ForceDelete=True)
    call.wait_for(lambda: _group(call) is None, f"{call.id} to be gone", DELETE_SECONDS)


TEMPLATE = Reference(
    "launch template",
    lambda call, value: call.aws("ec2").describe_launch_templates(LaunchTemplateIds=[value])["LaunchTemplates"],
)

RESOURCES = (
    ResourceType(
        "aws:autoscaling/group:Group",
        create=_create,
        read=_read,
        update=lambda call: call.aws("autoscaling").update_auto_scaling_group(**_parameters(call)),
        delete=_delete,
        reported=f"name {_SIZES} vpcZoneIdentifiers",
        unreported="launchTemplate tags defaultInstanceWarmup instanceMaintenancePolicy waitForCapacityTimeout",
        replaces="name",
        name=AutoName(max_length=255),
        references={"launchTemplate.id": TEMPLATE, "vpcZoneIdentifiers": references.SUBNET},
        unordered="vpcZoneIdentifiers",
    ),
)
