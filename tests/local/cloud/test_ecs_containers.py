"""Docker's list of containers, read."""

import pytest

from local.cloud.ecs_containers import PAUSE, group, state
from local.cloud.ecs_order import ContainerState


@pytest.mark.parametrize(
    ("kind", "sentence", "expected"),
    [
        ("created", "Created", ContainerState("created")),
        ("running", "Up 3 seconds", ContainerState("running")),
        ("running", "Up 3 seconds (health: starting)", ContainerState("running")),
        ("running", "Up 3 seconds (healthy)", ContainerState("running", health="HEALTHY")),
        ("running", "Up About a minute (unhealthy)", ContainerState("running", health="UNHEALTHY")),
        ("exited", "Exited (137) 5 seconds ago", ContainerState("exited", 137)),
        ("dead", "Dead", ContainerState("exited")),
    ],
)
def test_a_state_is_read_from_docker(kind: str, sentence: str, expected: ContainerState) -> None:
    assert state({"State": kind, "Status": sentence}) == expected


def test_containers_are_grouped_by_task_with_the_address_of_its_network() -> None:
    def summary(name: str, kind: str) -> dict[str, object]:
        return {
            "Id": f"id-{name}",
            "Labels": {"preqly.task": "t", "preqly.container": name},
            "State": kind,
            "Status": "",
            "NetworkSettings": {"Networks": {"vpc": {"IPAddress": "10.0.0.5"}}},
        }

    found = group([summary("web", "running"), summary(PAUSE, "running")], "vpc")["t"]
    assert (found.pause, found.address, found.running) == (f"id-{PAUSE}", "10.0.0.5", ["web"])
    assert group([summary("web", "running"), summary(PAUSE, "exited")], "vpc")["t"].pause is None
