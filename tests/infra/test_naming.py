"""Every taggable resource gets the stack's tags, without any code in its component."""

import pulumi_aws as aws

from infra import naming


def test_resources_get_the_stacks_tags_beside_their_own_which_win(engine):
    def program():
        naming.tag_everything("preqly", "test")
        aws.sns.Topic("alarms")
        aws.sns.Topic("own", tags={"Name": "bell", "Tier": "web"})
        aws.ec2.Route("out", route_table_id="rtb-1", destination_cidr_block="0.0.0.0/0", gateway_id="igw-1")

    engine.run(program)
    ours = {"Project": "preqly", "Stack": "test", "ManagedBy": "pulumi", "Name": "preqly-test-alarms"}
    assert engine.one("sns/topic:Topic", "alarms")["tags"] == ours
    assert engine.one("sns/topic:Topic", "own")["tags"] == {**ours, "Name": "bell", "Tier": "web"}
    assert "tags" not in engine.one("ec2/route:Route")
