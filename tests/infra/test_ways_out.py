"""The ways out of those who serve, with the real engine: a move opens the new one first and closes the old one last."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi import automation

from infra.firewall import Firewall, FirewallArgs
from infra.network import Network, NetworkArgs
from tests.engine_stack import EngineStack, engine_stack, needs_engine

pytestmark = needs_engine

MACHINE, TASKS = "public", "endpoints"
"""`way_out` of a machine, and of tasks with `egress: endpoints`."""
OWN = {
    MACHINE: {"network-s3-public", "firewall-task-to-world"},
    TASKS: {"network-s3-task", "firewall-task-to-s3"},
}


def ground(egress: str) -> Callable[[], None]:
    """A program with network and firewall alone."""

    def program() -> None:
        group = "arn:aws:logs:us-east-1:123456789012:log-group:flow"
        network = Network(
            "network",
            NetworkArgs(
                vpc_cidr="10.20.0.0/16", egress=egress, region="us-east-1", flow_log_group_arn=group, protect=False
            ),
        )
        Firewall(
            "firewall",
            FirewallArgs(
                vpc_id=network.vpc_id,
                task_port=8443,
                database_port=5433,
                egress=egress,
                s3_prefix_list_id=network.s3_prefix_list_id,
            ),
        )

    return program


def prepare(stack: EngineStack) -> None:
    """What the program finds in the account."""
    stack.client("logs").create_log_group(logGroupName="flow")


def called_as_before(stack: EngineStack) -> None:
    """Both ways bear the one name they had when a move changed them in place."""
    state = json.dumps(stack.stack.export_stack().deployment)
    for name in OWN[MACHINE]:
        before = "network-s3" if name.startswith("network") else "firewall-task-out"
        state = state.replace(f"::{name}", f"::{before}")
    stack.stack.import_stack(automation.Deployment(version=3, deployment=json.loads(state)))


@pytest.mark.parametrize(("left", "to"), [(MACHINE, TASKS), (TASKS, MACHINE)])
def test_a_move_opens_the_new_way_before_it_closes_the_old_one_and_changes_none(
    tmp_path: Path, left: str, to: str
) -> None:
    with engine_stack(tmp_path, "preqly") as stack:
        prepare(stack)
        stack.up(ground(left))
        steps, _ = stack.up(ground(to))
    opened = [steps.index(f"create {name}") for name in OWN[to]]
    closed = [steps.index(f"delete {name}") for name in OWN[left]]
    assert max(opened) < min(closed)
    assert not [step for step in steps if step.startswith(("update", "replace"))]


def test_a_stack_from_before_the_ways_had_names_of_their_own_keeps_them(tmp_path: Path) -> None:
    with engine_stack(tmp_path, "preqly") as stack:
        prepare(stack)
        stack.up(ground(MACHINE))
        called_as_before(stack)
        _, counts = stack.up(ground(MACHINE))
        assert set(counts) == {"same"}
        names = {resource["urn"].rpartition("::")[2] for resource in stack.resources()}
    assert OWN[MACHINE] <= names
