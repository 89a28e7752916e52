"""Compare two sets of inputs, property by property, and decide between update and replacement."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_cloud.providers.entry import ALL, ResourceType, is_automatic
from embedded_cloud.providers.values import Unknown, Values

ADD, DELETE, UPDATE = "ADD", "DELETE", "UPDATE"
TAGS = ("tags", "tagsAll")


@dataclass(frozen=True)
class Difference:
    """One changed path (`defaultActions[0].type`) and whether the change needs a new resource."""

    path: str
    kind: str
    replaces: bool

    @property
    def property(self) -> str:
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


def differences(entry: ResourceType, olds: Values, news: Values, ignored: tuple[str, ...] = ()) -> list[Difference]:
    """Differences between old and new inputs, in a fixed order. An unknown new value counts as different."""
    found = []
    if entry.suppressed is not None:
        ignored = (*ignored, *entry.suppressed(olds, news))
    for name in sorted({*olds, *news}):
        if name.startswith("__") or name in ignored or same(entry, name, olds.get(name), news.get(name)):
            continue
        deep = name not in entry.unordered.split() and name not in entry.equal
        for path, kind in _changes(name, olds.get(name), news.get(name), deep):
            found.append(Difference(path, kind, _replaces(entry, path)))
    return found


def same(entry: ResourceType, name: str, one: Any, other: Any) -> bool:
    """Whether two values of a property are equal in meaning."""
    if one == other:
        return True
    if one is None or other is None or isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    if name in entry.equal:
        return entry.equal[name](one, other)
    if name in entry.unordered.split() and isinstance(one, list) and isinstance(other, list):
        return sorted(map(_sortable, one)) == sorted(map(_sortable, other))
    return False


def _sortable(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _changes(path: str, old: Any, new: Any, deep: bool) -> Iterator[tuple[str, str]]:
    if old is None:
        yield path, ADD
    elif new is None:
        yield path, DELETE
    elif deep and isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                yield from _changes(_join(path, key), old.get(key), new.get(key), deep)
    elif deep and isinstance(old, list) and isinstance(new, list):
        for position in range(max(len(old), len(new))):
            one, other = _at(old, position), _at(new, position)
            if one != other:
                yield from _changes(f"{path}[{position}]", one, other, deep)
    else:
        yield path, UPDATE


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"{path}[{json.dumps(key)}]"


def _at(items: list[Any], position: int) -> Any:
    return items[position] if position < len(items) else None


def _replaces(entry: ResourceType, path: str) -> bool:
    plain = re.sub(r"\[[^\]]*\]", "", path)
    top = plain.split(".")[0]
    if top in TAGS:
        return entry.tags is None
    if entry.name is not None and top == entry.name.prefix_property():
        return True
    words = entry.replaces.split()
    if top == "region" or ALL in words or entry.update is None:
        return True
    return any(plain == word or plain.startswith(f"{word}.") for word in words)


def delete_first(entry: ResourceType, olds: Values, news: Values) -> bool:
    """Whether the old resource has to be deleted before the new one is created: both would have the same name."""
    if entry.delete_before_replace:
        return True
    rule = entry.name
    if rule is None or is_automatic(rule, news):
        return False
    return news.get(rule.property) is not None and olds.get(rule.property) == news.get(rule.property)


def settle(entry: ResourceType, last: Values, actual: Values) -> Values:
    """`actual`, with the last known spelling of every value with the same meaning (order of sets, JSON layout)."""
    return {
        name: last[name] if name in last and same(entry, name, last[name], value) else value
        for name, value in actual.items()
    }


def observed(old: Any, actual: Any) -> Any:
    """The part of an actual value that the program sets: keys it leaves to AWS are no drift."""
    if isinstance(old, Mapping) and isinstance(actual, Mapping):
        return {key: observed(value, actual[key]) for key, value in old.items() if key in actual}
    if isinstance(old, list) and isinstance(actual, list) and len(old) == len(actual):
        return [observed(one, other) for one, other in zip(old, actual, strict=True)]
    return actual
