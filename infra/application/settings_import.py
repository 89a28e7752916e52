"""Goes through a settings module as Python's import does, without running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from infra.application.source import module_file, text_of


class Reached(NamedTuple):
    """A statement, or the test of a branch, that the import comes to."""

    node: ast.stmt | ast.expr
    place: str
    """Such as `mysite/settings.py, line 40`."""
    branch: str | None
    """Place of the branch that decides about it; None for what always runs."""


@dataclass
class SettingsImport:
    """What the import of a module comes to. Branches are left out that a constant excludes, such as `DEBUG = True`."""

    root: Path
    reached: list[Reached] = field(default_factory=list)
    debug: tuple[ast.expr, str] | None = None
    """The last value of DEBUG, and its place."""
    debug_branches: list[str] = field(default_factory=list)
    """Places of the branches whose test names DEBUG."""
    unread: list[str] = field(default_factory=list)
    """Files that this Python cannot parse, each with the reason."""
    _known: dict[str, bool] = field(default_factory=dict)
    """Truth of the names that have a constant value."""
    _seen: set[Path] = field(default_factory=set)
    _file: Path = Path()

    def read(self, module: str, branch: str | None = None) -> None:
        """Read a module of the project and those that it imports from, each once."""
        path = module_file(self.root, module) if module else None
        if path is not None:
            self._read(path, module if path.name == "__init__.py" else module.rpartition(".")[0], branch)

    def _read(self, path: Path, package: str, branch: str | None) -> None:
        if path in self._seen:
            return
        self._seen.add(path)
        name = path.relative_to(self.root).as_posix()
        try:
            tree = ast.parse(path.read_bytes(), name)
        except (OSError, SyntaxError, ValueError) as error:
            self.unread.append(f"{name}: {error}")
            return
        before, self._file = self._file, path
        self._body(tree.body, package, branch)
        self._file = before

    def decided(self, test: ast.expr, place: str) -> bool | None:
        """Whether a branch is taken; None when more than constants decides."""
        if any(isinstance(one, ast.Name) and one.id == "DEBUG" for one in ast.walk(test)):
            self.debug_branches.append(place)
        return self._truth(test)

    def _body(self, body: list[ast.stmt], package: str, branch: str | None) -> None:
        for statement in body:
            place = f"{self._file.relative_to(self.root).as_posix()}, line {statement.lineno}"
            if isinstance(statement, ast.If):
                self.reached.append(Reached(statement.test, place, branch))
                taken = self.decided(statement.test, place)
                inner = branch if taken is not None else place
                self._body(statement.body if taken is not False else [], package, inner)
                self._body(statement.orelse if taken is not True else [], package, inner)
            elif isinstance(statement, ast.Try):
                for part in (statement.body, *(one.body for one in statement.handlers), statement.orelse):
                    self._body(part, package, place)
                self._body(statement.finalbody, package, branch)
            elif isinstance(statement, ast.With):
                self._body(statement.body, package, branch)
            elif isinstance(statement, ast.ImportFrom):
                self.read(_absolute(package, statement), branch)
            elif patterns := list(_included(statement)):
                for pattern in patterns:
                    for path in sorted(self._file.parent.glob(pattern)):
                        self._read(path, package, branch)
            else:
                chosen = _Chosen(self, place).visit(statement)
                self.reached.append(Reached(chosen, place, branch))
                self._learn(chosen, place, branch)

    def _learn(self, statement: ast.stmt, place: str, branch: str | None) -> None:
        for name, value, _ in assigned(statement):
            self._known.pop(name, None)
            if branch is None and isinstance(value, ast.Constant):
                self._known[name] = bool(value.value)
            if name == "DEBUG":
                self.debug = (value, place)

    def _truth(self, test: ast.expr) -> bool | None:
        if isinstance(test, ast.Constant):
            return bool(test.value)
        if isinstance(test, ast.Name):
            return self._known.get(test.id)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._truth(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            parts = [self._truth(one) for one in test.values]
            wins = isinstance(test.op, ast.Or)
            return wins if wins in parts else None if None in parts else not wins
        return None


class _Chosen(ast.NodeTransformer):
    """Replaces `a if test else b` by the one that a constant chooses."""

    def __init__(self, reading: SettingsImport, place: str) -> None:
        self._reading, self._place = reading, place

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        taken = self._reading.decided(node.test, self._place)
        return node if taken is None else node.body if taken else node.orelse


def _included(statement: ast.stmt) -> Iterator[str]:
    """Names of files that `include(...)` of django-split-settings takes, also in `optional(...)`."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Name) and function.id == "include":
            texts = (text_of(one) for argument in statement.value.args for one in ast.walk(argument))
            yield from (text for text in texts if text and not text.startswith("/"))


def assigned(node: ast.stmt | ast.expr) -> Iterator[tuple[str, ast.expr, bool]]:
    """Names, each with a value, and whether the value replaces the one before or adds to it."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _target(target, node.value, True)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign) and node.value is not None:
        yield from _target(node.target, node.value, isinstance(node, ast.AnnAssign))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        # INSTALLED_APPS.append("channels"), .insert(0, ...), .extend([...]); STORAGES.update({...})
        updated = node.value.func.attr == "update" and node.value.args
        yield from _target(node.value.func.value, updated[0] if updated else node.value, False)


def _target(target: ast.expr, value: ast.expr, whole: bool) -> Iterator[tuple[str, ast.expr, bool]]:
    """STORAGES["default"]["BACKEND"] = "..." adds {"default": {"BACKEND": "..."}} to STORAGES."""
    if isinstance(target, ast.Subscript):
        yield from _target(target.value, ast.Dict(keys=[target.slice], values=[value]), False)
    elif isinstance(target, ast.Name):
        yield target.id, value, whole


def _absolute(package: str, statement: ast.ImportFrom) -> str:
    if not statement.level:
        return statement.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - statement.level + 1]
    return ".".join([*above, *([statement.module] if statement.module else [])])
