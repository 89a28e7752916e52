"""EC2's launch templates: what a new instance is made of, one version after the other."""

from typing import Any

from local.provider.aws import references
from local.provider.aws.tagging import EC2_TAGS, pairs
from local.provider.call import Call, from_boto
from local.provider.entry import AutoName, Reference, ResourceType
from local.provider.values import Values

_SAME = "imageId instanceType userData ebsOptimized"
_SHARED = f"{_SAME} metadataOptions creditSpecification"


def _data(call: Call) -> dict[str, Any]:
    data = call.params(_SHARED, vpcSecurityGroupIds="SecurityGroupIds", monitoring="Monitoring")
    if profile := call.inputs.get("iamInstanceProfile"):
        data["IamInstanceProfile"] = {key[0].upper() + key[1:]: value for key, value in profile.items()}
    if devices := call.inputs.get("blockDeviceMappings"):
        data["BlockDeviceMappings"] = [
            {"DeviceName": device["deviceName"], "Ebs": _with_flags(device.get("ebs") or {})} for device in devices
        ]
    if kinds := call.inputs.get("tagSpecifications"):
        data["TagSpecifications"] = [
            {"ResourceType": kind["resourceType"], "Tags": pairs(kind.get("tags") or {})} for kind in kinds
        ]
    if interfaces := call.inputs.get("networkInterfaces"):
        data["NetworkInterfaces"] = [_interface(interface) for interface in interfaces]
    return data


def _interface(interface: Values) -> dict[str, Any]:
    data = _with_flags(interface)
    if "SecurityGroups" in data:
        data["Groups"] = data.pop("SecurityGroups")
    return data


def _with_flags(values: Values) -> dict[str, Any]:
    data = {key[0].upper() + key[1:]: value for key, value in values.items()}
    for flag in ("Encrypted", "DeleteOnTermination", "AssociatePublicIpAddress"):
        # The SDK has them as words, as Terraform has.
        if flag in data:
            data[flag] = str(data[flag]).lower() == "true"
    return data


def _create(call: Call) -> str:
    answer = call.aws("ec2").create_launch_template(
        LaunchTemplateName=call.inputs["name"], LaunchTemplateData=_data(call)
    )
    return str(answer["LaunchTemplate"]["LaunchTemplateId"])


def _update(call: Call) -> None:
    ec2 = call.aws("ec2")
    answer = ec2.create_launch_template_version(LaunchTemplateId=call.id, LaunchTemplateData=_data(call))
    if call.inputs.get("updateDefaultVersion"):
        number = str(answer["LaunchTemplateVersion"]["VersionNumber"])
        ec2.modify_launch_template(LaunchTemplateId=call.id, DefaultVersion=number)


def _read(call: Call) -> Values | None:
    ec2 = call.aws("ec2")
    found = ec2.describe_launch_templates(LaunchTemplateIds=[call.id])["LaunchTemplates"]
    if not found:
        return None
    answer = ec2.describe_launch_template_versions(LaunchTemplateId=call.id, Versions=["$Latest"])
    data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    return {
        "name": found[0]["LaunchTemplateName"],
        "arn": call.arn("ec2", f"launch-template/{call.id}"),
        "latestVersion": found[0]["LatestVersionNumber"],
        **from_boto(data, _SAME, vpcSecurityGroupIds="SecurityGroupIds"),
    }


PROFILE = Reference(
    "instance profile",
    lambda call, value: call.aws("iam").get_instance_profile(InstanceProfileName=value.rpartition("/")[2]),
)

RESOURCES = (
    ResourceType(
        "aws:ec2/launchTemplate:LaunchTemplate",
        create=_create,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("ec2").delete_launch_template(LaunchTemplateId=call.id),
        reported=f"name {_SAME} vpcSecurityGroupIds",
        unreported=(
            "description updateDefaultVersion metadataOptions creditSpecification tagSpecifications monitoring "
            "iamInstanceProfile blockDeviceMappings networkInterfaces"
        ),
        replaces="name",
        name=AutoName(max_length=125),
        tags=EC2_TAGS,
        references={
            "vpcSecurityGroupIds": references.SECURITY_GROUP,
            "networkInterfaces.securityGroups": references.SECURITY_GROUP,
            "iamInstanceProfile.arn": PROFILE,
            "iamInstanceProfile.name": PROFILE,
        },
        unordered="vpcSecurityGroupIds",
        volatile="latestVersion",
    ),
)
