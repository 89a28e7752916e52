"""A change of `egress` on the real engine: the new way out is created before the old one is deleted."""

from collections.abc import Callable
from pathlib import Path

from embedded_cloud.testing.engine_stack import engine_stack, needs_engine
from infra.foundation.network import Network, NetworkArgs
from infra.foundation.security_groups import SecurityGroups, SecurityGroupsArgs

pytestmark = needs_engine

OWN = {
    "public": {"network-s3-public", "firewall-task-to-world", "firewall-task-to-world-587-ipv6"},
    "endpoints": {"network-s3-task", "firewall-task-to-s3"},
}
"""S3 endpoint and egress rules of each choice."""


def foundation(egress: str) -> Callable[[], None]:
    """A program with network and security groups."""

    def program() -> None:
        group = "arn:aws:logs:us-east-1:123456789012:log-group:flow"
        network = Network(
            "network",
            NetworkArgs(
                vpc_cidr="10.20.0.0/16", egress=egress, region="us-east-1", flow_log_group_arn=group, protect=False
            ),
        )
        SecurityGroups(
            "firewall",
            SecurityGroupsArgs(
                vpc_id=network.vpc_id,
                task_port=8443,
                database_port=5433,
                egress=egress,
                internet_ports=[587],
                s3_prefix_list_id=network.s3_prefix_list_id,
            ),
        )

    return program


def test_a_change_of_egress_creates_the_new_way_out_before_it_deletes_the_old_one(
    tmp_path: Path,
) -> None:
    with engine_stack(tmp_path, "preqly") as stack:
        stack.client("logs").create_log_group(logGroupName="flow")
        stack.up(foundation("public"))
        for before, after in (("public", "endpoints"), ("endpoints", "public")):
            steps, _ = stack.up(foundation(after))
            created = [steps.index(f"create {name}") for name in OWN[after]]
            deleted = [steps.index(f"delete {name}") for name in OWN[before]]
            assert max(created) < min(deleted)
            assert not [step for step in steps if step.startswith(("update", "replace"))]
        stack.up(foundation("gateway"))
        steps, _ = stack.up(foundation("gateway-per-zone"))
        assert steps.index("create network-nat-b") < steps.index("update network-task-b-ipv4")
        assert not [step for step in steps if step.startswith(("delete", "replace"))]
        steps, _ = stack.up(foundation("gateway"))
        assert steps.index("update network-task-b-ipv4") < steps.index("delete network-nat-b")
        assert not [step for step in steps if step.startswith(("create", "replace"))]
