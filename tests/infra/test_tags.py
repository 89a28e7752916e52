"""Every taggable resource gets the stack's tags, without any code in its component."""

import pulumi
import pulumi_aws as aws

from infra import tags


def test_resources_get_the_stacks_tags_beside_their_own_which_win(engine):
    def program():
        tags.tag_everything("preqly", "test")
        aws.sns.Topic("alarms")
        aws.sns.Topic("own", tags={"Name": "bell", "Tier": "web"})
        aws.ec2.Route("out", route_table_id="rtb-1", destination_cidr_block="0.0.0.0/0", gateway_id="igw-1")

    engine.run(program)
    ours = {"Project": "preqly", "Stack": "test", "ManagedBy": "pulumi", "Name": "preqly-test-alarms"}
    assert engine.one("sns/topic:Topic", "alarms")["tags"] == ours
    assert engine.one("sns/topic:Topic", "own")["tags"] == {**ours, "Name": "bell", "Tier": "web"}
    assert "tags" not in engine.one("ec2/route:Route")


def test_what_destroy_leaves_carries_a_tag_by_which_ops_knows_it(engine):
    def program():
        tags.tag_everything("preqly", "test")
        aws.kms.Key("retained", opts=pulumi.ResourceOptions(retain_on_delete=True))
        aws.cloudwatch.LogGroup("skipped", skip_destroy=True)
        aws.cloudwatch.LogGroup("deleted", skip_destroy=False)

    engine.run(program)
    marked = {one.name for one in engine.resources if one.inputs["tags"].get("RetainOnDelete") == "true"}
    assert marked == {"retained", "skipped"}
