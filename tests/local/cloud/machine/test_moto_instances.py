"""What EC2 says of instances and moto does not."""

import base64
from typing import Any

import pytest

from local.cloud.machine.view import instances as instances_seen
from local.cloud.moto_patches import instances
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.machine.site import Site


@pytest.fixture
def site(cloud: EmbeddedCloud) -> Site:
    instances.apply()
    made = Site(cloud)
    made.create({})
    made.launch()
    return made


def version(site: Site) -> str:
    """Of the template that the instance was started from."""
    chosen = [
        {"Name": "resource-id", "Values": [site.instance_id()]},
        {"Name": "key", "Values": [instances.VERSION_TAG]},
    ]
    (tag,) = site.aws("ec2").describe_tags(Filters=chosen)["Tags"]
    return str(tag["Value"])


def test_an_instance_is_of_the_version_that_its_group_has(site: Site) -> None:
    assert version(site) == "1"
    template: dict[str, Any] = {"LaunchTemplateName": "machine"}
    site.aws("ec2").create_launch_template_version(**template, LaunchTemplateData={"InstanceType": "t3.medium"})
    assert version(site) == "1"
    site.aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="machine", LaunchTemplate={**template, "Version": "2"}
    )
    site.aws("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=site.instance_id(), ShouldDecrementDesiredCapacity=False
    )
    assert version(site) == "2"


def test_an_address_leads_nowhere_when_its_instance_has_ended(site: Site) -> None:
    site.aws("ec2").associate_address(AllocationId=site.allocation, InstanceId=site.instance_id())
    assert site.led_to() == site.instance_id()
    site.aws("ec2").terminate_instances(InstanceIds=[site.instance_id()])
    assert site.led_to() == ""
    site.aws("ec2").release_address(AllocationId=site.allocation)


def test_the_console_shows_what_the_machine_wrote(site: Site) -> None:
    ec2 = site.aws("ec2")
    assert not ec2.get_console_output(InstanceId=site.instance_id()).get("Output")
    found = site.cloud.context.backend("ec2").get_instance(site.instance_id())
    setattr(found, instances.CONSOLE, "user data ended with 1")
    assert ec2.get_console_output(InstanceId=site.instance_id())["Output"] == "user data ended with 1"


def test_an_instance_of_a_later_version_boots_with_that_versions_user_data(site: Site) -> None:
    data = {
        "ImageId": "ami-12c6146b",
        "InstanceType": "t3.small",
        "UserData": base64.b64encode(b"#!/bin/later").decode(),
    }
    site.aws("ec2").create_launch_template_version(LaunchTemplateName="machine", LaunchTemplateData=data)
    site.aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="machine", LaunchTemplate={"LaunchTemplateName": "machine", "Version": "2"}
    )
    site.aws("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=site.instance_id(), ShouldDecrementDesiredCapacity=False
    )
    context = site.cloud.context
    (seen,) = instances_seen(context.backend("ec2"), context.backend("iam", "aws"))
    assert seen.user_data == "#!/bin/later"
