"""Why containers of a slot do not serve, in the words in which ECS says it: the engine's own events tell."""

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import shell

STOPPED = ("137", "143")
"""Exit codes after SIGKILL and SIGTERM: the engine ends the others along with the one to blame."""


class Cause(NamedTuple):
    """What happened, and to which container; its name is empty when none is to blame."""

    words: str
    container: str = ""


def cause(project: str, since: float, said: str) -> Cause:
    """What became of a compose project's containers since then; `said` is compose's last word, if nothing did."""
    found = ended(project, since)
    if found:
        return found
    unhealthy = [name for name, action, _ in _events(project, since) if action == "health_status: unhealthy"]
    if unhealthy:
        return Cause(f"Task failed container health checks: container {unhealthy[0]}", unhealthy[0])
    if "Error response from daemon" in said:
        return Cause(f"CannotStartContainerError: {said}")
    return Cause(f"Task failed container health checks ({said})")


def ended(project: str, since: float) -> Cause | None:
    """Which of a compose project's containers ended by itself since then, and how; None when none did."""
    events = list(_events(project, since))
    for name, action, code in sorted(events, key=lambda event: event[2] in STOPPED):
        if action == "oom":
            return Cause(f"OutOfMemoryError: container {name} was killed because of its memory limit", name)
        if action == "die" and code != "0" and not any(event[:2] == (name, "oom") for event in events):
            return Cause(f"Essential container in task exited: container {name} ended with exit code {code}", name)
    return None


def _events(project: str, since: float) -> Iterator[tuple[str, str, str]]:
    """Container, what happened to it, and its exit code."""
    done = shell.attempt(
        *("docker", "events", "--since", f"{since:.3f}", "--until", f"{time.time():.3f}", "--format", "{{json .}}"),
        *("--filter", "type=container", "--filter", f"label=com.docker.compose.project={project}"),
        timeout_seconds=10,
    )
    for line in done.stdout.splitlines():
        try:
            event: dict[str, Any] = json.loads(line)
            attributes = event["Actor"]["Attributes"]
            yield attributes["com.docker.compose.service"], event["Action"], attributes.get("exitCode", "")
        except (ValueError, KeyError, TypeError):
            continue
