"""What a machine is made of, through the provider protocol: template, group, document, objects."""

import base64
import json
from typing import Any

import pytest

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"
DOCUMENT = "aws:ssm/document:Document"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
CONTENT = {
    "schemaVersion": "2.2",
    "mainSteps": [{"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": ["true"]}}],
}


@pytest.fixture(scope="module")
def subnet(emulation: Any) -> str:
    ec2 = emulation.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return str(ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"])


def template_inputs(**changes: Any) -> dict[str, Any]:
    return {
        "imageId": "ami-12c6146b",
        "instanceType": "t4g.small",
        "userData": base64.b64encode(b"#!/bin/sh\n").decode(),
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "volumeSize": 20}}],
        "tagSpecifications": [{"resourceType": "instance", "tags": {"Stack": "test"}}],
        "updateDefaultVersion": True,
        **changes,
    }


def test_a_change_of_a_launch_template_is_a_new_version_that_groups_start_from(emulation: Any) -> None:
    template = emulation.resource(TEMPLATE, "changing", **template_inputs())
    assert template.state["latestVersion"] == 1
    assert template.drift() == {}
    template.up(**template_inputs(instanceType="t4g.medium"))
    assert template.state["latestVersion"] == 2
    found = emulation.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template.id, Versions=["$Default"]
    )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert found["InstanceType"] == "t4g.medium"
    assert found["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert found["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert found["TagSpecifications"] == [{"ResourceType": "instance", "Tags": [{"Key": "Stack", "Value": "test"}]}]
    template.delete()
    assert not template.is_there()


def test_a_network_interface_is_told_in_ec2s_own_words(emulation: Any, subnet: str) -> None:
    ec2 = emulation.client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="front", Description="d", VpcId=vpc)["GroupId"]
    interface = {"deviceIndex": 0, "associatePublicIpAddress": "true", "securityGroups": [group]}
    template = emulation.resource(TEMPLATE, "reaching", **template_inputs(networkInterfaces=[interface]))
    (version,) = ec2.describe_launch_template_versions(LaunchTemplateId=template.id)["LaunchTemplateVersions"]
    (told,) = version["LaunchTemplateData"]["NetworkInterfaces"]
    assert (told["AssociatePublicIpAddress"], told["Groups"], told["DeviceIndex"]) == (True, [group], 0)
    assert template.drift() == {}
    template.delete()


def test_a_group_keeps_as_many_instances_as_it_is_told(emulation: Any, subnet: str) -> None:
    template = emulation.resource(TEMPLATE, "grouped", **template_inputs())
    inputs = {
        "minSize": 1,
        "maxSize": 2,
        "desiredCapacity": 1,
        "vpcZoneIdentifiers": [subnet],
        "launchTemplate": {"id": template.id, "version": "1"},
        "tags": [{"key": "Name", "value": "machine", "propagateAtLaunch": True}],
    }
    group = emulation.resource(GROUP, "machine", **inputs)
    assert group.drift() == {}
    assert group.diff(**inputs) == (set(), set())

    def instances() -> list[Any]:
        scaling = emulation.client("autoscaling")
        return list(
            scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group.id])["AutoScalingGroups"][0]["Instances"]
        )

    assert len(instances()) == 1
    group.up(**{**inputs, "desiredCapacity": 2})
    assert len(instances()) == 2
    assert group.diff(**{**inputs, "name": "other"})[1] == {"name"}
    group.delete()
    assert not group.is_there()
    group.delete()


def test_a_group_of_a_template_that_does_not_exist_is_refused(emulation: Any, subnet: str, refusal: Any) -> None:
    message = refusal(
        lambda: emulation.resource(
            GROUP,
            "dangling",
            minSize=1,
            maxSize=1,
            vpcZoneIdentifiers=[subnet],
            launchTemplate={"id": "lt-0123456789abcdef0", "version": "1"},
        )
    )
    assert "launch template" in message


def test_a_changed_document_is_what_commands_are_sent_with(emulation: Any) -> None:
    document = emulation.resource(DOCUMENT, "deploy", documentType="Command", content=json.dumps(CONTENT))
    assert document.drift() == {}
    assert document.diff(documentType="Command", content=json.dumps(CONTENT, indent=1)) == (set(), set())
    changed = {**CONTENT, "description": "another"}
    document.up(documentType="Command", content=json.dumps(changed))
    found = emulation.client("ssm").get_document(Name=document.id)
    assert json.loads(found["Content"]) == changed
    document.delete()
    assert not document.is_there()


def test_an_object_holds_what_the_program_says_and_moves_with_its_key(emulation: Any, refusal: Any) -> None:
    bucket = emulation.resource("aws:s3/bucket:Bucket", "objects", forceDestroy=True)
    content = base64.b64encode(b"\x00\xff").decode()
    thing = emulation.resource(OBJECT, "program", bucket=bucket.id, key="programs/1.zip", contentBase64=content)
    assert thing.drift() == {}
    s3 = emulation.client("s3")
    assert s3.get_object(Bucket=bucket.id, Key="programs/1.zip")["Body"].read() == b"\x00\xff"
    assert thing.diff(bucket=bucket.id, key="programs/2.zip", contentBase64=content)[1] == {"key"}
    for tags in ({"Stack": "test", "Name": "one"}, {"Stack": "test"}):
        thing.up(bucket=bucket.id, key="programs/1.zip", contentBase64=content, tags=tags)
        assert thing.drift() == {}
        found = s3.get_object_tagging(Bucket=bucket.id, Key="programs/1.zip")["TagSet"]
        assert {one["Key"]: one["Value"] for one in found} == tags
    message = refusal(lambda: thing.check(bucket=bucket.id, key="k", content="a", contentBase64=content))
    assert "exactly one of content and contentBase64" in message
    thing.delete()
    assert not thing.is_there()
