"""Start and stop order of a task's containers, from `dependsOn`. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Definitions = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ContainerState:
    """State of one container of a task, read from Docker."""

    status: str
    """created, running or exited."""
    exit_code: int | None = None
    health: str = "UNKNOWN"
    """ECS's value: HEALTHY, UNHEALTHY or UNKNOWN."""

    @property
    def was_started(self) -> bool:
        """Whether the container runs or has run."""
        return self.status != "created"


States = Mapping[str, ContainerState]


class DependencyError(Exception):
    """A dependency cannot be met, so the task cannot start. The message is the task's stop reason."""


def ready_to_start(definitions: Definitions, states: States) -> list[str]:
    """Return the containers that may start now, in the order of the definition. Raises DependencyError."""
    return [
        definition["name"]
        for definition in definitions
        if definition["name"] in states
        and not states[definition["name"]].was_started
        and all(_is_met(definition["name"], dependency, states) for dependency in definition.get("dependsOn") or ())
    ]


def ready_to_stop(definitions: Definitions, running: Iterable[str]) -> list[str]:
    """Return the running containers that no other running container depends on; they stop first."""
    still = set(running)
    needed = {
        dependency["containerName"]
        for definition in definitions
        if definition["name"] in still
        for dependency in definition.get("dependsOn") or ()
    }
    return sorted(still - needed)


def essential_has_exited(definitions: Definitions, states: States) -> bool:
    """Return whether a container has exited without which the task must stop."""
    return any(
        states[definition["name"]].status == "exited"
        for definition in definitions
        if definition.get("essential", True) and definition["name"] in states
    )


def _is_met(name: str, dependency: Mapping[str, str], states: States) -> bool:
    other, condition = dependency["containerName"], dependency["condition"]
    state = states.get(other)
    if state is None or not state.was_started:
        return False
    ended = state.status == "exited"
    if condition == "HEALTHY":
        if ended or state.health == "UNHEALTHY":
            raise DependencyError(f"container {name} was not started: its dependency {other} did not become healthy")
        return state.health == "HEALTHY"
    if condition == "SUCCESS":
        if ended and state.exit_code != 0:
            raise DependencyError(
                f"container {name} was not started: its dependency {other} ended with exit code {state.exit_code}"
            )
        return ended
    return ended if condition == "COMPLETE" else True
