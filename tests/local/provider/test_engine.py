"""The real engine on these providers: order, replacement, refresh, secrets, refusals."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest
from pulumi import automation

from local.cloud.config import CloudConfig
from local.cloud.server import EmbeddedCloud
from local.provider import serve
from local.setup.pulumi_engine import find_engine

ENGINE = find_engine()
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(ENGINE is None, reason="no Pulumi engine on this machine; `make up` gets one"),
]


def counted(result: automation.UpResult | automation.RefreshResult) -> dict[str, int]:
    return {str(operation): count for operation, count in (result.summary.resource_changes or {}).items()}


@dataclass(frozen=True)
class Stack:
    """A stack of the real engine, with its own state."""

    stack: automation.Stack
    ec2: Any

    def up(self, program: Callable[[], None]) -> tuple[list[str], dict[str, int]]:
        """(steps in the order they ended, counts by operation)."""
        self.stack.workspace.program = program
        done: list[str] = []

        def record(event: automation.EngineEvent) -> None:
            if event.res_outputs_event:
                metadata = event.res_outputs_event.metadata
                done.append(f"{metadata.op.value} {metadata.urn.rsplit('::', 1)[-1]}")

        result = self.stack.up(on_event=record)
        return done, counted(result)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    assert ENGINE is not None
    cloud = EmbeddedCloud(CloudConfig(state_dir=tmp_path / "cloud", api_port=0), agents=False)
    cloud.start()
    servers = {package: serve(package, cloud.endpoint) for package in ("aws", "random")}
    monkeypatch.setenv("PATH", f"{ENGINE.parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "program").mkdir()
    settings = automation.LocalWorkspaceOptions(
        work_dir=str(tmp_path / "program"),
        env_vars={
            "PULUMI_BACKEND_URL": tmp_path.as_uri(),
            "PULUMI_HOME": str(tmp_path / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{server.port}" for name, server in servers.items()),
        },
    )
    made = automation.create_stack("test", project_name="engine", program=lambda: None, opts=settings)
    made.set_config("aws:region", automation.ConfigValue("us-east-1"))
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
    yield Stack(made, session.client("ec2", region_name="us-east-1", endpoint_url=cloud.endpoint))
    for server in servers.values():
        server.stop()
    cloud.stop()


def network(block: str = "10.0.0.0/16", name: str | None = None, description: str = "tasks") -> Callable[[], None]:
    def program() -> None:
        vpc = aws.ec2.Vpc("net", cidr_block=block)
        group = aws.ec2.SecurityGroup("tasks", vpc_id=vpc.id, name=name, description=description)
        aws.vpc.SecurityGroupIngressRule(
            "inside", security_group_id=group.id, referenced_security_group_id=group.id, ip_protocol="-1"
        )

    return program


def test_a_second_run_and_a_refresh_change_nothing_and_destroy_leaves_nothing(stack: Stack) -> None:
    before = len(stack.ec2.describe_vpcs()["Vpcs"])
    assert stack.up(network())[1] == {"create": 4}
    assert stack.up(network())[1] == {"same": 4}
    assert counted(stack.stack.refresh()) == {"same": 4}
    stack.stack.destroy()
    assert len(stack.ec2.describe_vpcs()["Vpcs"]) == before


def test_an_automatic_name_lets_the_new_come_before_the_old_goes(stack: Stack) -> None:
    stack.up(network())
    steps, _ = stack.up(network(description="changed"))
    assert steps.index("create-replacement tasks") < steps.index("delete-replaced tasks")


def test_a_fixed_name_goes_first_and_takes_its_rules_with_it_in_order(stack: Stack) -> None:
    stack.up(network(name="fixed"))
    steps, _ = stack.up(network(name="fixed", description="changed"))
    order = ["delete-replaced inside", "delete-replaced tasks", "create-replacement tasks", "create-replacement inside"]
    assert [step for step in steps if step in order] == order


def test_drift_is_shown_by_refresh_and_mended_by_the_next_run(stack: Stack) -> None:
    stack.up(network())
    (group,) = stack.ec2.describe_security_groups(Filters=[{"Name": "description", "Values": ["tasks"]}])[
        "SecurityGroups"
    ]
    stack.ec2.create_tags(Resources=[group["GroupId"]], Tags=[{"Key": "by", "Value": "hand"}])
    assert counted(stack.stack.refresh()) == {"same": 3, "update": 1}
    assert stack.up(network())[1] == {"same": 3, "update": 1}


def test_a_password_is_encrypted_in_the_state_and_a_keeper_draws_another(stack: Stack, tmp_path: Path) -> None:
    def program(generation: str) -> Callable[[], None]:
        def run() -> None:
            password = random.RandomPassword("password", length=24, special=False, keepers={"generation": generation})
            pulumi.export("password", password.result)

        return run

    stack.up(program("1"))
    first = stack.stack.outputs()["password"]
    stack.up(program("2"))
    second = stack.stack.outputs()["password"]
    assert (first.secret, len(first.value), first.value == second.value) == (True, 24, False)
    state = [file.read_text() for file in (tmp_path / ".pulumi").rglob("*.json*")]
    assert any("random:index/randomPassword:RandomPassword" in text for text in state)
    assert not any(second.value in text for text in state)


def test_a_dangling_reference_names_the_resource_and_the_property(stack: Stack) -> None:
    def program() -> None:
        aws.ec2.Subnet("lonely", vpc_id="vpc-0", cidr_block="10.0.0.0/24")

    with pytest.raises(automation.CommandError) as failure:
        stack.up(program)
    assert "aws:ec2:Subnet (lonely)" in str(failure.value)
    assert 'vpcId: there is no VPC "vpc-0"' in str(failure.value)
