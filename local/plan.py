"""A plan, as the engine announces it in a preview: for the terminal and for a pull request's comment."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import EngineEvent, StepEventMetadata

from local.progress import OnEvent, is_component, short

MARKER = "<!-- preqly-preview -->"
"""First line of the comment: by it the workflow finds the comment to update."""
_SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "±", "create-replacement": "±", "same": " "}
_WORDS = {"create": "create", "update": "update", "delete": "delete", "replace": "replace", "same": "keep"}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One resource of the plan."""

    component: str
    """The part of the system it belongs to, such as Network; the stack's own are under `Stack`."""
    operation: str
    title: str
    """Type and logical name."""


@dataclass
class Plan:
    """Fed by events; everything else is text made of them."""

    resources: list[Planned] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    """The stack's outputs, as far as a plan knows them."""

    def listener(self, then: OnEvent) -> OnEvent:
        """A listener for the Automation API that notes each event and passes it on."""

        def listen(event: EngineEvent) -> None:
            if event.resource_pre_event is not None:
                self._note(event.resource_pre_event.metadata)
            if event.res_outputs_event is not None:
                self._note_outputs(event.res_outputs_event.metadata)
            then(event)

        return listen

    def listening_to(self, operation: Callable[..., object]) -> Callable[[OnEvent], object]:
        """The operation, so that this plan hears its events before whoever asked for them."""
        return lambda then: operation(on_event=self.listener(then))

    def counts(self) -> Counter[str]:
        """Resources per operation, components left out."""
        return Counter(planned.operation for planned in self.resources)

    def headline(self) -> str:
        """Such as `112 to create; about 97 US dollars a month`."""
        parts = [f"{count} to {_WORDS.get(operation, operation)}" for operation, count in sorted(self.counts().items())]
        estimate = self.outputs.get("monthly_estimate_usd")
        cost = f"; about {estimate} US dollars a month" if isinstance(estimate, int | float) else ""
        return (", ".join(parts) or "no resources") + cost

    def as_text(self) -> str:
        """Every resource under its component, then the headline."""
        lines = []
        for component, members in self._by_component().items():
            lines.append(component)
            lines += [f"  {_SIGNS.get(planned.operation, '?')} {planned.title}" for planned in members]
        return "\n".join([*lines, "", self.headline()])

    def as_markdown(self, settings: Mapping[str, Any]) -> str:
        """A comment for people who decide on a change: cost and size first, the rest folded."""
        lines = [MARKER, "### Preview with production's settings", "", f"**{self.headline()}**", ""]
        lines += ["| part | resources |", "|---|---|"]
        groups = self._by_component()
        lines += [f"| {component} | {len(members)} |" for component, members in groups.items()]
        lines += ["", "<details><summary>All resources</summary>", "", "```diff"]
        lines += [
            f"{_SIGNS.get(planned.operation, '?')} {planned.title}"
            for members in groups.values()
            for planned in members
        ]
        lines += ["```", "", "</details>", "", "<details><summary>Production's settings</summary>", "", "```yaml"]
        lines += [f"{key}: {value}" for key, value in settings.items()]
        lines += [
            "```",
            "",
            "</details>",
            "",
            "Planned from nothing on the embedded cloud, without credentials; no account was read.",
            "",
        ]
        return "\n".join(lines)

    def _note(self, step: StepEventMetadata) -> None:
        if not is_component(step) and step.op != "read":
            self.resources.append(Planned(component=component_of(step.urn), operation=step.op, title=short(step.urn)))

    def _note_outputs(self, step: StepEventMetadata) -> None:
        if step.type == "pulumi:pulumi:Stack" and step.new is not None and step.new.outputs:
            self.outputs.update(step.new.outputs)

    def _by_component(self) -> dict[str, list[Planned]]:
        groups: dict[str, list[Planned]] = {}
        for planned in self.resources:
            groups.setdefault(planned.component, []).append(planned)
        return groups


def component_of(urn: str) -> str:
    """The outermost component in a URN's type: `Network` for `...::preqly:infra:Network$aws:ec2/vpc:Vpc::...`."""
    for kind in urn.split("::")[2].split("$"):
        if kind.startswith("preqly:"):
            return kind.rpartition(":")[2]
    return "Stack"
