"""`python -m ops recover`, with a `pulumi` that knows export, import, cancel and refresh."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops.resources import orphans
from ops.resources.orphans import Orphan
from tests.ops.conftest import Ops
from tests.ops.fixtures import TAGS, DeployedStack

VPC = "urn:pulumi:prod::preqly::preqly:infra:Network$aws:ec2/vpc:Vpc::network-vpc"
RULE = "urn:pulumi:prod::preqly::aws:iam/rolePolicy:RolePolicy::task-policy"

PULUMI = """#!{python}
import json, pathlib, sys
here = pathlib.Path({folder!r})
words = sys.argv[1:]
with (here / "called").open("a") as called:
    called.write(words[0] + "\\n")
lock, state = here / "lock", here / "state.json"
if words[:2] == ["stack", "export"]:
    print(state.read_text())
elif words[0] == "cancel":
    lock.unlink()
elif lock.exists():
    sys.exit(lock.read_text())
elif words[0] == "stack":
    state.write_text(pathlib.Path(words[3]).read_text())
elif (here / "broken").exists():
    sys.exit("pages of outputs\\nDiagnostics:\\n  error: ExpiredToken: the token has expired")
else:
    document = json.loads(state.read_text())
    document["deployment"]["pending_operations"] = []
    state.write_text(json.dumps(document))
"""


@dataclass
class FakePulumi:
    """Its state, its lock, and the commands it got."""

    folder: Path

    def has(self, *pending: tuple[str, str]) -> None:
        """A state with pending creations, by URN and type."""
        operations = [{"type": "creating", "resource": {"urn": urn, "type": kind}} for urn, kind in pending]
        document = {"version": 3, "deployment": {"resources": [], "pending_operations": operations}}
        (self.folder / "state.json").write_text(json.dumps(document))

    def is_locked_by(self, pid: int) -> None:
        owner = f"file:///lock.json: created by ada@{socket.gethostname()} (pid {pid}) at 2026-11-21T14:00:00Z"
        (self.folder / "lock").write_text(f"error: the stack is currently locked by 1 lock(s).\n  {owner}")

    @property
    def known(self) -> list[tuple[str, str]]:
        document = json.loads((self.folder / "state.json").read_text())
        return [(one["urn"], one["id"]) for one in document["deployment"]["resources"]]

    @property
    def called(self) -> list[str]:
        return (self.folder / "called").read_text().split()


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    (tmp_path / "pulumi").write_text(PULUMI.format(python=sys.executable, folder=str(tmp_path)))
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    fake = FakePulumi(tmp_path)
    fake.has()
    return fake


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
RECOVER = ("recover", "--stack", "prod", "--region", "us-east-1")


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
    roles = [
        one for one in orphans.find(stack.session, "preqly", "prod", known=()) if one.kind == orphans.KINDS["iam:role"]
    ]
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
    orphan = Orphan(arn=arn, label="", kind=orphans.KINDS[orphans.kind_of(arn)])
    assert (orphan.pulumi_id, orphan.delete) == (identifier, command)
