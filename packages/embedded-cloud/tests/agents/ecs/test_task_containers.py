"""Containers of a task: states read from Docker, start and stop order from `dependsOn`."""

import pytest

from embedded_cloud.agents.ecs.tasks.containers import PAUSE, group_by_task, read_state
from embedded_cloud.agents.ecs.tasks.dependencies import ContainerState, DependencyError, ready_to_start, ready_to_stop

CREATED, UP, OK, FAILED = (
    ContainerState("created"),
    ContainerState("running"),
    ContainerState("exited", 0),
    ContainerState("exited", 1),
)


def pair(condition: str) -> list[dict[str, object]]:
    return [{"name": "b", "dependsOn": [{"containerName": "a", "condition": condition}]}, {"name": "a"}]


@pytest.mark.parametrize(
    ("condition", "state", "starts"),
    [
        ("START", CREATED, ["a"]),
        ("START", UP, ["b"]),
        ("COMPLETE", UP, []),
        ("COMPLETE", FAILED, ["b"]),
        ("SUCCESS", UP, []),
        ("SUCCESS", OK, ["b"]),
        ("HEALTHY", UP, []),
        ("HEALTHY", ContainerState("running", health="HEALTHY"), ["b"]),
    ],
)
def test_a_container_waits_for_its_dependency(condition: str, state: ContainerState, starts: list[str]) -> None:
    assert ready_to_start(pair(condition), {"a": state, "b": CREATED}) == starts


@pytest.mark.parametrize(
    ("condition", "state"),
    [("SUCCESS", FAILED), ("HEALTHY", OK), ("HEALTHY", ContainerState("running", health="UNHEALTHY"))],
)
def test_a_dependency_that_cannot_be_met_is_an_error(condition: str, state: ContainerState) -> None:
    with pytest.raises(DependencyError, match="container b was not started"):
        ready_to_start(pair(condition), {"a": state, "b": CREATED})


def test_dependent_containers_stop_first() -> None:
    assert ready_to_stop(pair("START"), ["a", "b"]) == ["b"]
    assert ready_to_stop(pair("START"), ["a"]) == ["a"]


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
    assert read_state({"State": kind, "Status": sentence}) == expected


def test_containers_are_grouped_by_task() -> None:
    def summary(name: str, kind: str) -> dict[str, object]:
        return {
            "Id": f"id-{name}",
            "Labels": {"embedded-cloud.task": "t", "embedded-cloud.container": name},
            "State": kind,
            "Status": "",
        }

    found = group_by_task([summary("web", "running"), summary(PAUSE, "running")])["t"]
    assert (found.pause, found.running) == (f"id-{PAUSE}", ["web"])
    assert group_by_task([summary("web", "running"), summary(PAUSE, "exited")])["t"].pause is None
