"""What a killed run left of a machine, as AWS names it, and as Pulumi takes it up again."""

from typing import Any

import pytest

from ops import orphans
from ops.orphan_kinds import KINDS
from ops.orphans import Orphan
from tests.ops.stand import REGION, TAGS, Stand

GROUP = "preqly-prod-machine"


@pytest.fixture
def left(stand: Stand) -> dict[str, Orphan]:
    """By Pulumi's type, without those of every stand."""
    ec2, named = stand.client("ec2"), [*TAGS, {"Key": "Name", "Value": "preqly-prod-x"}]
    ec2.create_launch_template(
        LaunchTemplateName="machine",
        LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.small"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": named}],
    )
    tagged: list[dict[str, Any]] = [
        {**tag, "ResourceId": GROUP, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False} for tag in named
    ]
    stand.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=1,
        MaxSize=2,
        AvailabilityZones=[f"{REGION}a"],
        LaunchTemplate={"LaunchTemplateName": "machine"},
        Tags=tagged,
    )
    found = orphans.find(stand.session, "preqly", "prod", known=())
    return {one.kind.type: one for one in found}


def test_a_group_is_taken_up_by_its_name(left: dict[str, Orphan]) -> None:
    group = left["aws:autoscaling/group:Group"]
    assert (group.pulumi_id, group.label) == (GROUP, "preqly-prod-x")
    assert group.delete.endswith(f"--force-delete --auto-scaling-group-name {GROUP}")


def test_the_groups_instances_are_no_orphans(left: dict[str, Orphan]) -> None:
    assert not [kind for kind in left if "instance:Instance" in kind]


def test_what_pulumi_knows_is_no_orphan(stand: Stand, left: dict[str, Orphan]) -> None:
    known = [one.pulumi_id for one in left.values()]
    assert orphans.find(stand.session, "preqly", "prod", known) == []


@pytest.mark.parametrize(
    ("arn", "identifier", "command"),
    [
        (
            "arn:aws:ssm:us-east-1:1:parameter/preqly/prod/machine/release",
            "/preqly/prod/machine/release",
            "aws ssm delete-parameter --name /preqly/prod/machine/release",
        ),
        (
            "arn:aws:ssm:us-east-1:1:document/preqly-prod-machine-deploy",
            "preqly-prod-machine-deploy",
            "aws ssm delete-document --name preqly-prod-machine-deploy",
        ),
        (
            "arn:aws:ec2:us-east-1:1:launch-template/lt-0a1b",
            "lt-0a1b",
            "aws ec2 delete-launch-template --launch-template-id lt-0a1b",
        ),
    ],
)
def test_what_a_machine_needs_is_taken_up_by_what_pulumi_calls_it(arn: str, identifier: str, command: str) -> None:
    orphan = Orphan(arn=arn, label="", kind=KINDS[orphans.kind_of(arn)])
    assert (orphan.pulumi_id, orphan.delete) == (identifier, command)
