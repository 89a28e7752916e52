"""What a settings module says, without running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from infra.application.settings_import import SettingsImport, assigned
from infra.application.source import text_of


class Assignment(NamedTuple):
    """What is assigned to a setting, or added to it."""

    value: ast.expr
    place: str
    branch: str | None
    """Place of the branch that decides about it; None for what always runs."""
    whole: bool
    """False for what adds to the value or replaces a part of it."""


class Text(NamedTuple):
    """A text that a setting may have."""

    text: str
    branch: str | None
    """Place of the branch that decides; None for the text that it has otherwise."""


@dataclass(frozen=True)
class SettingsSource:
    """A settings module and the modules of the project that it imports from."""

    root: Path
    module: str

    @cached_property
    def read(self) -> SettingsImport:
        """What the module's import comes to."""
        reading = SettingsImport(self.root)
        reading.read(self.module)
        return reading

    @cached_property
    def assignments(self) -> dict[str, list[Assignment]]:
        """Of each name, in order."""
        found: dict[str, list[Assignment]] = {}
        for node, place, branch in self.read.reached:
            for name, value, whole in assigned(node):
                found.setdefault(name, []).append(Assignment(value, place, branch, whole))
        return found

    def texts(self, name: str, *keys: str) -> Iterator[Text]:
        """The constant texts that a setting may have, or what is in it at some keys: the last one first.

        The default of a variable counts. Keys are those of a dictionary, such as STORAGES, `default`, `BACKEND`.
        """
        for value, place, branch, whole in reversed(self.assignments.get(name, [])):
            for node, decides in _options(_item(value, keys), place, branch):
                text = _text_or_default(node)
                if text is not None:
                    yield Text(text, decides)
                    if decides is None:
                        return
            if whole and branch is None:
                return

    def text(self, name: str, *keys: str) -> str | None:
        """The last of them."""
        return next((one.text for one in self.texts(name, *keys)), None)

    def strings(self, name: str) -> set[str]:
        """Every text in the expressions of a setting, also through the names that they use."""
        found: set[str] = set()
        waiting, seen = [name], {name}
        while waiting:
            for one in self.assignments.get(waiting.pop(), ()):
                for node in ast.walk(one.value):
                    text = text_of(node)
                    found |= {text} if text else set()
                    if isinstance(node, ast.Name) and node.id not in seen:
                        seen.add(node.id)
                        waiting.append(node.id)
        return found


def _item(node: ast.expr | None, keys: tuple[str, ...]) -> ast.expr | None:
    for key in keys:
        pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
        node = next((value for name, value in pairs if text_of(name) == key), None)
    return node


def _options(node: ast.expr | None, place: str, branch: str | None) -> Iterator[tuple[ast.expr, str | None]]:
    """The expression, or both of `a if test else b`."""
    if isinstance(node, ast.IfExp):
        for one in (node.body, node.orelse):
            yield from _options(one, place, branch or place)
    elif node is not None:
        yield node, branch


def _text_or_default(node: ast.expr) -> str | None:
    """A constant text, or the default of a call such as env("NAME", default="text")."""
    if not isinstance(node, ast.Call):
        return text_of(node)
    default = next((word.value for word in node.keywords if word.arg == "default"), None)
    return text_of(default if default is not None else node.args[1] if len(node.args) == 2 else None)
