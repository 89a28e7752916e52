"""In which order the containers of a task start and stop. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Definitions = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ContainerState:
    """One container of a task as Docker reports it."""

    status: str
    """created, running or exited."""
    exit_code: int | None = None
    health: str = "UNKNOWN"
    """HEALTHY, UNHEALTHY or UNKNOWN, as ECS says it."""

    @property
    def was_started(self) -> bool:
        return self.status != "created"


States = Mapping[str, ContainerState]


class DependencyError(Exception):
    """A dependency can no longer be met, so the task cannot start; the message is the task's stop reason."""


def ready_to_start(definitions: Definitions, states: States) -> list[str]:
    """Containers that may start now and have not, in the order of the definition. Raises DependencyError."""
    return [
        definition["name"]
        for definition in definitions
        if definition["name"] in states
        and not states[definition["name"]].was_started
        and all(_is_met(definition["name"], dependency, states) for dependency in definition.get("dependsOn") or ())
    ]


def ready_to_stop(definitions: Definitions, running: Iterable[str]) -> list[str]:
    """Running containers on which no other running one depends: those that depend on others stop first."""
    still = set(running)
    needed = {
        dependency["containerName"]
        for definition in definitions
        if definition["name"] in still
        for dependency in definition.get("dependsOn") or ()
    }
    return sorted(still - needed)


def has_ended_essential(definitions: Definitions, states: States) -> bool:
    """Whether a container has ended without which the task must not go on."""
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
