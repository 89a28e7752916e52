"""Resources in Pulumi's state, with what only Pulumi knows: protection, and what a deletion does."""

import json
import subprocess
from dataclasses import dataclass, field
from typing import Any

from ops.project import ROOT

SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource in the state."""

    urn: str
    identifier: str
    type: str
    protect: bool
    retain_on_delete: bool
    """The option of Pulumi; `stays` has every way."""
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def stays(self) -> bool:
        """Whether AWS keeps it when the stack is destroyed, by either way of Pulumi."""
        return self.retain_on_delete or bool(self.inputs.get("skipDestroy"))

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rpartition("::")[2]


def outputs(stack: str) -> dict[str, Any]:
    """The stack's outputs, without secrets; empty when Pulumi fails."""
    command = ["pulumi", "stack", "output", "--json", "--stack", stack, "--non-interactive"]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True)
        return dict(json.loads(answer.stdout))
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}


def resources(stack: str) -> list[Resource] | None:
    """Every resource in `pulumi stack export`, with secrets encrypted; None when Pulumi fails."""
    command = ["pulumi", "stack", "export", "--stack", stack, "--non-interactive"]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True)
        known = json.loads(answer.stdout)["deployment"].get("resources", [])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None
    return [
        Resource(
            urn=one["urn"],
            identifier=one.get("id", ""),
            type=one["type"],
            protect=bool(one.get("protect")),
            retain_on_delete=bool(one.get("retainOnDelete")),
            inputs=one.get("inputs", {}),
        )
        for one in known
    ]
