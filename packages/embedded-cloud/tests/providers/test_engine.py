"""The real engine: order, replacement, refresh, secrets, refusals."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest
from pulumi import automation

from embedded_cloud.testing.engine_stack import EngineStack, counted, engine_stack, needs_engine

pytestmark = needs_engine


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[EngineStack]:
    with engine_stack(tmp_path, "engine") as stack:
        yield stack


def network(block: str = "10.0.0.0/16", name: str | None = None, description: str = "tasks") -> Callable[[], None]:
    def program() -> None:
        vpc = aws.ec2.Vpc("net", cidr_block=block)
        group = aws.ec2.SecurityGroup("tasks", vpc_id=vpc.id, name=name, description=description)
        aws.vpc.SecurityGroupIngressRule(
            "inside", security_group_id=group.id, referenced_security_group_id=group.id, ip_protocol="-1"
        )

    return program


def test_a_second_run_and_a_refresh_change_nothing_and_destroy_leaves_nothing(stack: EngineStack) -> None:
    before = len(stack.client("ec2").describe_vpcs()["Vpcs"])
    assert stack.up(network())[1] == {"create": 4}
    assert stack.up(network())[1] == {"same": 4}
    assert counted(stack.stack.refresh()) == {"same": 4}
    stack.stack.destroy()
    assert len(stack.client("ec2").describe_vpcs()["Vpcs"]) == before


def test_a_resource_with_an_automatic_name_is_created_before_the_old_one_is_deleted(stack: EngineStack) -> None:
    stack.up(network())
    steps, _ = stack.up(network(description="changed"))
    assert steps.index("create-replacement tasks") < steps.index("delete-replaced tasks")


def test_a_resource_with_a_fixed_name_is_deleted_first_after_its_rules(stack: EngineStack) -> None:
    stack.up(network(name="fixed"))
    steps, _ = stack.up(network(name="fixed", description="changed"))
    order = ["delete-replaced inside", "delete-replaced tasks", "create-replacement tasks", "create-replacement inside"]
    assert [step for step in steps if step in order] == order


def test_refresh_shows_drift_and_the_next_run_corrects_it(stack: EngineStack) -> None:
    stack.up(network())
    (group,) = stack.client("ec2").describe_security_groups(Filters=[{"Name": "description", "Values": ["tasks"]}])[
        "SecurityGroups"
    ]
    stack.client("ec2").create_tags(Resources=[group["GroupId"]], Tags=[{"Key": "by", "Value": "hand"}])
    assert counted(stack.stack.refresh()) == {"same": 3, "update": 1}
    assert stack.up(network())[1] == {"same": 3, "update": 1}


def test_a_password_is_encrypted_in_the_state_and_new_keepers_replace_it(stack: EngineStack, tmp_path: Path) -> None:
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


def test_a_dangling_reference_names_the_resource_and_the_property(stack: EngineStack) -> None:
    def program() -> None:
        aws.ec2.Subnet("lonely", vpc_id="vpc-0", cidr_block="10.0.0.0/24")

    with pytest.raises(automation.CommandError) as failure:
        stack.up(program)
    assert "aws:ec2:Subnet (lonely)" in str(failure.value)
    assert 'vpcId: there is no VPC "vpc-0"' in str(failure.value)
