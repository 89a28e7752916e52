"""Every taggable resource gets the stack's tags, without any code in its component."""

import pulumi
import pulumi_aws as aws

from infra import naming

OURS = {"Project": "preqly", "Stack": "test", "ManagedBy": "pulumi"}


class Part(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("preqly:infra:Part", name)
        aws.ecs.Cluster(f"{name}-cluster", tags={"Tier": "web"}, opts=pulumi.ResourceOptions(parent=self))


def test_a_resource_that_takes_tags_gets_ours_and_its_name(engine):
    def program():
        naming.tag_everything("preqly", "test")
        aws.sns.Topic("alarms")

    engine.run(program)
    assert engine.one("sns/topic:Topic")["tags"] == {**OURS, "Name": "preqly-test-alarms"}


def test_a_component_keeps_its_own_tags_beside_ours(engine):
    def program():
        naming.tag_everything("preqly", "test")
        Part("web")

    engine.run(program)
    assert engine.one("ecs/cluster:Cluster")["tags"] == {**OURS, "Name": "preqly-test-web-cluster", "Tier": "web"}


def test_a_tag_a_component_gives_itself_wins(engine):
    def program():
        naming.tag_everything("preqly", "test")
        aws.sns.Topic("alarms", tags={"Name": "bell"})

    engine.run(program)
    assert engine.one("sns/topic:Topic")["tags"] == {**OURS, "Name": "bell"}


def test_a_resource_without_tags_gets_none(engine):
    def program():
        naming.tag_everything("preqly", "test")
        aws.ec2.Route("out", route_table_id="rtb-1", destination_cidr_block="0.0.0.0/0", gateway_id="igw-1")

    engine.run(program)
    assert "tags" not in engine.one("ec2/route:Route")
