"""Orphans of an interrupted run: their IDs for Pulumi, and the commands that delete them."""

import pytest

from ops.resources import orphans
from ops.resources.orphan_kinds import KINDS
from ops.resources.orphans import Orphan
from tests.ops.fixtures import DeployedStack


def test_resources_that_pulumi_knows_are_no_orphans(stack: DeployedStack) -> None:
    assert stack.load_balancer
    found = orphans.find(stack.session, "preqly", "prod", known=())
    assert "aws:lb/loadBalancer:LoadBalancer" in {one.kind.type for one in found}
    known = [one.pulumi_id for one in found]
    assert orphans.find(stack.session, "preqly", "prod", known) == []


def test_a_role_is_found_by_its_tags(stack: DeployedStack) -> None:
    tags = [{"Key": "Project", "Value": "preqly"}, {"Key": "Stack", "Value": "prod"}]
    iam = stack.client("iam")
    iam.create_role(RoleName="ours", AssumeRolePolicyDocument="{}", Tags=tags)
    iam.create_role(RoleName="other", AssumeRolePolicyDocument="{}")
    roles = [one for one in orphans.find(stack.session, "preqly", "prod", known=()) if one.kind == KINDS["iam:role"]]
    assert [(one.pulumi_id, one.delete) for one in roles] == [("ours", "aws iam delete-role --role-name ours")]


@pytest.mark.parametrize(
    ("arn", "identifier", "command"),
    [
        (
            "arn:aws:ssm:us-east-1:1:parameter/preqly/prod/releases",
            "/preqly/prod/releases",
            "aws ssm delete-parameter --name /preqly/prod/releases",
        ),
        (
            "arn:aws:logs:us-east-1:1:log-group:/aws/vpc:*",
            "/aws/vpc",
            "aws logs delete-log-group --log-group-name /aws/vpc",
        ),
        (
            "arn:aws:ecs:us-east-1:1:service/web-cluster/web-service",
            "web-cluster/web-service",
            "aws ecs delete-service --force --cluster web-cluster --service web-service",
        ),
        ("arn:aws:ec2:us-east-1:1:vpc/vpc-0a1b", "vpc-0a1b", "aws ec2 delete-vpc --vpc-id vpc-0a1b"),
    ],
)
def test_an_orphan_has_the_id_that_pulumi_imports(arn: str, identifier: str, command: str) -> None:
    orphan = Orphan(arn=arn, label="", kind=KINDS[orphans.kind_of(arn)])
    assert (orphan.pulumi_id, orphan.delete) == (identifier, command)
