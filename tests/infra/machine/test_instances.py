"""Which instance of the group commands go to, as EC2 and Auto Scaling answer (moto)."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.autoscaling.models import autoscaling_backends

from infra.machine.instances import Instance, instances, serving_instance
from infra.release.errors import ReleaseError


class Group:
    """A group of one that has a template and an Elastic IP."""

    def __init__(self) -> None:
        self.session = boto3.Session(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        self.ec2: Any = self.session.client("ec2")
        self.scaling: Any = self.session.client("autoscaling")
        self.template = self._template()
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName="machine",
            MinSize=1,
            MaxSize=2,
            AvailabilityZones=["us-east-1a"],
            LaunchTemplate={"LaunchTemplateId": self.template, "Version": "1"},
        )
        self.address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    def _template(self) -> str:
        data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.small"}
        made = self.ec2.create_launch_template(LaunchTemplateName="machine", LaunchTemplateData=data)
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    def change(self) -> None:
        """A second version of the template, which the group has from now on."""
        data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.medium"}
        self.ec2.create_launch_template_version(LaunchTemplateId=self.template, LaunchTemplateData=data)
        self.ec2.modify_launch_template(LaunchTemplateId=self.template, DefaultVersion="2")
        template = {"LaunchTemplateId": self.template, "Version": "2"}
        self.scaling.update_auto_scaling_group(AutoScalingGroupName="machine", LaunchTemplate=template)

    def want(self, count: int) -> None:
        self.scaling.set_desired_capacity(AutoScalingGroupName="machine", DesiredCapacity=count)

    def lead_to(self, instance: str) -> None:
        self.ec2.associate_address(AllocationId=self.address, InstanceId=instance)

    def there(self) -> list[Instance]:
        return list(instances(self.session, "machine"))


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield Group()


def test_the_one_with_the_address_serves_however_new_another_is(group: Group) -> None:
    (first,) = group.there()
    group.lead_to(first.id)
    group.want(2)
    assert len(group.there()) == 2
    assert serving_instance(group.session, "machine") == first.id


def test_one_of_an_earlier_template_is_outdated(group: Group) -> None:
    (first,) = group.there()
    assert not first.outdated
    group.change()
    group.want(2)
    assert {one.id == first.id: one.outdated for one in group.there()} == {True: True, False: False}


@pytest.mark.parametrize("state", ["Terminating", "Terminating:Wait", "Terminating:Proceed", "Terminated", "Detaching"])
def test_one_on_its_way_out_is_not_there_any_more(group: Group, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    group.want(2)
    (first, second) = group.there()
    listed = autoscaling_backends["123456789012"]["us-east-1"].autoscaling_groups["machine"].instance_states
    monkeypatch.setattr(next(one for one in listed if one.instance_id == first.id), "lifecycle_state", state)
    group.lead_to(first.id)
    assert group.there() == [second]


def test_without_an_instance_in_service_the_group_is_named(group: Group) -> None:
    (first,) = group.there()
    group.scaling.set_instance_health(InstanceId=first.id, HealthStatus="Unhealthy")
    with pytest.raises(ReleaseError, match="auto scaling group machine has no instance in service"):
        serving_instance(group.session, "machine")


def test_a_group_that_is_gone_is_an_error_with_its_way_out(group: Group) -> None:
    with pytest.raises(ReleaseError, match=r"other is gone\. `pulumi up --refresh`"):
        instances(group.session, "other")
