"""A plan, as the engine announces it in a preview: what would exist, with which inputs, and for how much."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from local.progress import OnEvent, is_component, short


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One resource of the plan."""

    urn: str
    operation: str
    """The engine's word: create, update, replace, delete, same."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """As the engine announces them: secrets are masked there already."""

    @property
    def title(self) -> str:
        """Type and logical name."""
        return short(self.urn)

    @property
    def component(self) -> str:
        """The part of the system it belongs to, such as Network; the stack's own are under `Stack`."""
        for kind in self.urn.split("::")[2].split("$"):
            if kind.startswith("preqly:"):
                return kind.rpartition(":")[2]
        return "Stack"


@dataclass
class Plan:
    """Fed by events while the engine plans, or read from a file."""

    resources: list[Planned] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    """The stack's outputs, as far as a plan knows them."""

    def listening_to(self, operation: Callable[..., object]) -> Callable[[OnEvent], object]:
        """The operation, so that this plan hears its events before whoever asked for them."""
        return lambda then: operation(on_event=self.listener(then))

    def listener(self, then: OnEvent) -> OnEvent:
        """A listener for the Automation API that notes each event and passes it on."""

        def listen(event: EngineEvent) -> None:
            if event.resource_pre_event is not None:
                self._note(event.resource_pre_event.metadata)
            if event.res_outputs_event is not None:
                self._note_outputs(event.res_outputs_event.metadata)
            then(event)

        return listen

    def counts(self) -> Counter[str]:
        """Resources per operation, components left out."""
        return Counter(planned.operation for planned in self.resources)

    @property
    def monthly_usd(self) -> float | None:
        """The program's own estimate, if it gives one."""
        estimate = self.outputs.get("monthly_estimate_usd")
        return float(estimate) if isinstance(estimate, int | float) else None

    def by_component(self) -> dict[str, list[Planned]]:
        """Resources in the order of their components' first appearance."""
        groups: dict[str, list[Planned]] = {}
        for planned in self.resources:
            groups.setdefault(planned.component, []).append(planned)
        return groups

    def write(self, path: Path) -> None:
        """Keep it for a comparison with another one."""
        content = {"resources": [asdict(planned) for planned in self.resources], "outputs": self.outputs}
        path.write_text(json.dumps(content, indent=1, sort_keys=True))

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """What `write` wrote. Raises OSError, ValueError, KeyError or TypeError for anything else."""
        content = json.loads(path.read_text())
        return cls([Planned(**planned) for planned in content["resources"]], content["outputs"])

    def _note(self, step: StepEventMetadata) -> None:
        if not is_component(step) and step.op != "read":
            inputs = dict(step.new.inputs or {}) if step.new is not None else {}
            self.resources.append(Planned(urn=step.urn, operation=OpType(step.op).value, inputs=inputs))

    def _note_outputs(self, step: StepEventMetadata) -> None:
        if step.type == "pulumi:pulumi:Stack" and step.new is not None and step.new.outputs:
            self.outputs.update(step.new.outputs)
