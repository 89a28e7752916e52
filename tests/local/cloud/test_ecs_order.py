"""Start and stop order of a task's containers."""

import pytest

from local.cloud.ecs_order import ContainerState, DependencyError, ready_to_start, ready_to_stop

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


def test_what_depends_on_others_stops_first() -> None:
    assert ready_to_stop(pair("START"), ["a", "b"]) == ["b"]
    assert ready_to_stop(pair("START"), ["a"]) == ["a"]
