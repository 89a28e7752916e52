"""A plan: the resources that a preview announces, their inputs and the monthly price; and two plans compared."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from local.progress import OnEvent, is_component, short

_LONGEST = 80
_DIGITS = 7
"""Random hex digits at the end of an automatic name."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One resource of the plan."""

    urn: str
    operation: str
    """The engine's word: create, update, replace, delete, same."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """As the engine announces them, with secrets masked."""

    @property
    def title(self) -> str:
        """Type and logical name."""
        return short(self.urn)

    @property
    def component(self) -> str:
        """Class of the outermost component it belongs to, such as Network; `Stack` for resources of no component."""
        for kind in self.urn.split("::")[2].split("$"):
            if kind.startswith("preqly:"):
                return kind.rpartition(":")[2]
        return "Stack"


@dataclass
class Plan:
    """Filled by the engine's events during a preview, or read from a file."""

    resources: list[Planned] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    """The stack's outputs, as far as a preview knows them."""

    def listener(self, then: OnEvent) -> OnEvent:
        """A listener for the Automation API that notes each event and passes it on."""

        def listen(event: EngineEvent) -> None:
            if event.resource_pre_event is not None:
                self._note(event.resource_pre_event.metadata)
            if event.res_outputs_event is not None:
                self._note_outputs(event.res_outputs_event.metadata)
            then(event)

        return listen

    def headline(self) -> str:
        """Such as `112 to create; about 97.40 US dollars a month`."""
        counts = Counter(planned.operation for planned in self.resources)
        parts = [f"{count} to {operation}" for operation, count in sorted(counts.items())]
        cost = f"; about {self.monthly_usd:.2f} US dollars a month" if self.monthly_usd is not None else ""
        return (", ".join(parts) or "no resources") + cost

    @property
    def monthly_usd(self) -> float | None:
        """The stack output `monthly_estimate_usd`; None without it."""
        estimate = self.outputs.get("monthly_estimate_usd")
        return float(estimate) if isinstance(estimate, int | float) else None

    def by_component(self) -> dict[str, list[Planned]]:
        """Resources in the order of their components' first appearance."""
        groups: dict[str, list[Planned]] = {}
        for planned in self.resources:
            groups.setdefault(planned.component, []).append(planned)
        return groups

    def write(self, path: Path) -> None:
        """Save it for a comparison with another one."""
        content = {"resources": [asdict(planned) for planned in self.resources], "outputs": self.outputs}
        path.write_text(json.dumps(content, indent=1, sort_keys=True))

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """A plan saved by `write`. Raises OSError, ValueError, KeyError or TypeError for anything else."""
        content = json.loads(path.read_text())
        return cls([Planned(**planned) for planned in content["resources"]], content["outputs"])

    def _note(self, step: StepEventMetadata) -> None:
        if not is_component(step) and step.op != "read":
            inputs = dict(step.new.inputs or {}) if step.new is not None else {}
            self.resources.append(Planned(urn=step.urn, operation=OpType(step.op).value, inputs=inputs))

    def _note_outputs(self, step: StepEventMetadata) -> None:
        if step.type == "pulumi:pulumi:Stack" and step.new is not None and step.new.outputs:
            self.outputs.update(step.new.outputs)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The difference between two plans."""

    added: list[Planned] = field(default_factory=list)
    removed: list[Planned] = field(default_factory=list)
    changed: list[tuple[Planned, list[str]]] = field(default_factory=list)
    """Resource and its differing inputs, each as `path: before -> after`."""
    before_usd: float | None = None
    after_usd: float | None = None

    def headline(self) -> str:
        """Such as `1 added, 2 changed; 97.40 -> 112.10 US dollars a month`."""
        counts = {"added": len(self.added), "removed": len(self.removed), "changed": len(self.changed)}
        summary = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no resource differs"
        if self.before_usd is None or self.after_usd is None:
            return summary
        if self.before_usd == self.after_usd:
            return f"{summary}; still about {self.after_usd:.2f} US dollars a month"
        return f"{summary}; {self.before_usd:.2f} -> {self.after_usd:.2f} US dollars a month"

    def lines(self) -> Iterator[str]:
        """One line per resource, followed by one per differing input, in the colours of a diff."""
        yield from (f"+ {planned.title}" for planned in self.added)
        yield from (f"- {planned.title}" for planned in self.removed)
        for planned, differences in self.changed:
            yield f"! {planned.title}"
            yield from (f"    {difference}" for difference in differences)


def compare(before: Plan, after: Plan) -> Comparison:
    """Compare by URN. Secret and unknown inputs compare as their masks, so they never show as changed.

    Parts that are random in every preview do not count."""
    old, new = ({planned.urn: planned for planned in _without_random_parts(plan)} for plan in (before, after))
    changed = []
    for urn in old.keys() & new.keys():
        differences = list(_differences("", old[urn].inputs, new[urn].inputs))
        if differences:
            changed.append((new[urn], sorted(differences)))
    return Comparison(
        added=[planned for urn, planned in new.items() if urn not in old],
        removed=[planned for urn, planned in old.items() if urn not in new],
        changed=sorted(changed, key=lambda item: item[0].title),
        before_usd=before.monthly_usd,
        after_usd=after.monthly_usd,
    )


def _without_random_parts(plan: Plan) -> list[Planned]:
    """The resources with random parts masked, also where another resource refers to them.

    These are the digits of automatic names, and the id of the zone that each embedded cloud starts with."""
    inputs = [planned.inputs for planned in plan.resources]
    names = {str(one[key]) for one in inputs for key in one.get("__defaults", ()) if key in one}
    masks = {name: f"{name[:-_DIGITS]}{'*' * _DIGITS}" for name in names}
    masks |= {str(one["zoneId"]): "existing zone" for one in inputs if "zoneId" in one}
    if not masks:
        return plan.resources
    # The longest first: a name may be the beginning of another.
    pattern = re.compile("|".join(re.escape(text) for text in sorted(masks, key=len, reverse=True)))
    masked = (pattern.sub(lambda found: masks[found[0]], json.dumps(one)) for one in inputs)
    return [replace(planned, inputs=json.loads(one)) for planned, one in zip(plan.resources, masked, strict=True)]


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(f"{path}.{key}" if path else key, old.get(key), new.get(key))
    else:
        yield f"{path}: {_brief(old)} -> {_brief(new)}"


def _brief(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
