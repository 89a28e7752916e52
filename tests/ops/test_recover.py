"""`python -m ops recover`: lock, pending operations and orphans."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from ops.resources import orphans
from ops.resources.kinds import KINDS
from ops.resources.orphans import Orphan
from tests.ops.conftest import Ops
from tests.ops.fake_pulumi import RECOVER, FakePulumi
from tests.ops.fixtures import TAGS, DeployedStack
from tests.ops.scheduled import GROUP, create_schedules

VPC = "urn:pulumi:prod::preqly::preqly:infra:Network$aws:ec2/vpc:Vpc::network-vpc"
SCHEDULE = "aws:scheduler/schedule:Schedule"
DIGEST = f"urn:pulumi:prod::preqly::preqly:infra:Schedules${SCHEDULE}::schedules-digest"
RULE = "urn:pulumi:prod::preqly::aws:iam/rolePolicy:RolePolicy::task-policy"


@pytest.fixture
def vpc(session: boto3.Session) -> Iterator[str]:
    """A VPC that an interrupted run created."""
    tags = [*TAGS, {"Key": "Name", "Value": NAME}]
    client: Any = session.client("ec2")
    made = client.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])
    identifier = str(made["Vpc"]["VpcId"])
    yield identifier
    client.delete_vpc(VpcId=identifier)


NAME = "preqly-prod-network-vpc"


def test_a_resource_that_an_interrupted_run_created_is_adopted_by_its_id(
    pulumi: FakePulumi, vpc: str, ops: Ops
) -> None:
    pulumi.has((VPC, "aws:ec2/vpc:Vpc"))
    ended = ops(*RECOVER)
    assert (ended.code, pulumi.known) == (0, [(VPC, vpc)])
    assert "Adopted: network-vpc" in ended.out
    assert ended.out.endswith("Next: pulumi up\n")


def test_a_creation_that_aws_does_not_have_is_named_and_dropped(pulumi: FakePulumi, ops: Ops) -> None:
    pulumi.has((RULE, "aws:iam/rolePolicy:RolePolicy"))
    ended = ops(*RECOVER)
    assert "Not found in AWS: task-policy" in ended.out
    assert pulumi.known == []


def test_a_schedule_that_an_interrupted_run_created_is_adopted_by_its_group_and_name(
    pulumi: FakePulumi, session: boto3.Session, ops: Ops
) -> None:
    create_schedules(session, digest="ENABLED", other="ENABLED")
    pulumi.has((DIGEST, SCHEDULE), inputs={"groupName": GROUP, "name": "digest"})
    ended = ops(*RECOVER)
    assert pulumi.known == [(DIGEST, f"{GROUP}/digest")]
    assert "Adopted: schedules-digest" in ended.out
    assert f"aws scheduler delete-schedule --group-name {GROUP} --name other" in ended.out
    assert "--name digest" not in ended.out


def test_a_schedule_of_another_group_is_not_adopted(pulumi: FakePulumi, session: boto3.Session, ops: Ops) -> None:
    create_schedules(session, digest="ENABLED")
    pulumi.has((DIGEST, SCHEDULE), inputs={"groupName": "default", "name": "digest"})
    assert "Not found in AWS: schedules-digest" in ops(*RECOVER).out


def test_an_orphan_is_listed_with_the_command_that_deletes_it(pulumi: FakePulumi, vpc: str, ops: Ops) -> None:
    assert f"{NAME}: aws ec2 delete-vpc --vpc-id {vpc}" in ops(*RECOVER).out


def test_the_lock_of_an_ended_run_is_shown_and_removed(pulumi: FakePulumi, ops: Ops) -> None:
    pulumi.is_locked_by(pid=2**22 + 1)
    question = ops.refused(RECOVER, 2)
    assert f"locked by process {2**22 + 1} of ada on {socket.gethostname()}" in question
    assert "since 2026-11-21T14:00:00Z" in question
    assert "cancel" not in pulumi.called
    assert ops(*RECOVER, "--yes").code == 0
    assert "cancel" in pulumi.called


def test_the_lock_of_a_run_that_goes_on_is_left_alone(pulumi: FakePulumi, ops: Ops) -> None:
    pulumi.is_locked_by(pid=os.getpid())
    assert "that process is running" in ops.refused((*RECOVER, "--yes"), 3)
    assert "cancel" not in pulumi.called


def test_a_failed_refresh_is_reported_with_its_message(pulumi: FakePulumi, ops: Ops) -> None:
    (pulumi.folder / "broken").touch()
    message = ops.refused(RECOVER, 1)
    assert "ExpiredToken: the token has expired" in message
    assert "pages of outputs" not in message
    assert "python -m ops recover" in message


def test_a_missing_pulumi_is_reported(monkeypatch: pytest.MonkeyPatch, ops: Ops) -> None:
    monkeypatch.setenv("PATH", "")
    assert "`pulumi` is not on PATH" in ops.refused(RECOVER, 1)


def test_the_stack_must_be_named(ops: Ops) -> None:
    assert "Give --stack" in ops.refused(("recover",), 2)


def test_resources_that_pulumi_knows_are_no_orphans(stack: DeployedStack) -> None:
    assert stack.load_balancer
    found = orphans.find(stack.session, "preqly", "prod", known=())
    assert "aws:lb/loadBalancer:LoadBalancer" in {one.kind.type for one in found}
    known = [one.pulumi_id for one in found]
    assert orphans.find(stack.session, "preqly", "prod", known) == []


def test_a_role_is_found_by_its_tags(stack: DeployedStack) -> None:
    iam = stack.client("iam")
    iam.create_role(RoleName="ours", AssumeRolePolicyDocument="{}", Tags=TAGS)
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
        (
            "arn:aws:sqs:us-east-1:1:schedules-1a2b",
            "https://sqs.us-east-1.amazonaws.com/1/schedules-1a2b",
            "aws sqs delete-queue --queue-url https://sqs.us-east-1.amazonaws.com/1/schedules-1a2b",
        ),
        (
            "arn:aws:scheduler:us-east-1:1:schedule-group/preqly-prod",
            "preqly-prod",
            "aws scheduler delete-schedule-group --name preqly-prod",
        ),
        (
            "arn:aws:elasticache:us-east-1:1:usergroup:preqly-prod-users",
            "preqly-prod-users",
            "aws elasticache delete-user-group --user-group-id preqly-prod-users",
        ),
        (
            "arn:aws:elasticache:us-east-1:1:subnetgroup:cache-subnets-1a2b",
            "cache-subnets-1a2b",
            "aws elasticache delete-cache-subnet-group --cache-subnet-group-name cache-subnets-1a2b",
        ),
        (
            "arn:aws:wafv2:us-east-1:1:regional/webacl/firewall/0a1b",
            "0a1b/firewall/REGIONAL",
            (
                "acl='--scope REGIONAL --name firewall --id 0a1b'; aws wafv2 delete-web-acl $acl --lock-token "
                "$(aws wafv2 get-web-acl $acl --query LockToken --output text)"
            ),
        ),
        ("arn:aws:ec2:us-east-1:1:vpc/vpc-0a1b", "vpc-0a1b", "aws ec2 delete-vpc --vpc-id vpc-0a1b"),
    ],
)
def test_an_orphan_has_the_id_that_pulumi_imports(arn: str, identifier: str, command: str) -> None:
    orphan = Orphan(arn=arn, label="", kind=KINDS[orphans.kind_of(arn)])
    assert (orphan.pulumi_id, orphan.delete) == (identifier, command)
