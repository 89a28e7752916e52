"""Two plans side by side: what a change to the program changes in the system."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.plan import Plan, Planned

_LONGEST = 80


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the second plan has that the first has not, and the other way round."""

    added: list[Planned] = field(default_factory=list)
    removed: list[Planned] = field(default_factory=list)
    changed: list[tuple[Planned, list[str]]] = field(default_factory=list)
    """Resource and its differing inputs, each as `path: before -> after`."""
    before_usd: float | None = None
    after_usd: float | None = None

    def headline(self) -> str:
        """Such as `1 added, 2 changed; 97.40 -> 112.10 US dollars a month`."""
        counts = {"added": len(self.added), "removed": len(self.removed), "changed": len(self.changed)}
        said = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no resource differs"
        if self.before_usd is None or self.after_usd is None:
            return said
        if self.before_usd == self.after_usd:
            return f"{said}; still about {self.after_usd:.2f} US dollars a month"
        return f"{said}; {self.before_usd:.2f} -> {self.after_usd:.2f} US dollars a month"

    def lines(self) -> Iterator[str]:
        """One line per resource, and below it one per input, as a diff is coloured."""
        yield from (f"+ {planned.title}" for planned in self.added)
        yield from (f"- {planned.title}" for planned in self.removed)
        for planned, differences in self.changed:
            yield f"! {planned.title}"
            yield from (f"    {difference}" for difference in differences)


def compare(before: Plan, after: Plan) -> Comparison:
    """By URN. An input that is a secret or not known yet compares as its mask, so it never shows as changed."""
    old, new = ({planned.urn: planned for planned in plan.resources} for plan in (before, after))
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
