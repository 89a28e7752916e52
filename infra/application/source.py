"""Reads the project's Python files without running them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"
CLASS_VARIABLE = "DJANGO_CONFIGURATION"
"""Of django-configurations, whose settings are classes."""
_BLOCKS = (ast.If, ast.Try, ast.With)


def parse(path: Path) -> ast.Module:
    """The syntax tree of a file; empty when it cannot be read or is no Python."""
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def module_file(root: Path, module: str) -> Path | None:
    """The file of a dotted module below `root`. As in Python, a package hides a module of its name."""
    base = root.joinpath(*module.split("."))
    package = base / "__init__.py"
    if package.is_file():
        return package
    file = base.with_name(f"{base.name}.py")
    return file if file.is_file() else None


def text_of(node: ast.AST | None) -> str | None:
    """The text of a constant; None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@dataclass(frozen=True)
class NamedSettings:
    """What a file does with DJANGO_SETTINGS_MODULE."""

    modules: tuple[str, ...]
    """The modules that it names, in order."""
    forced: bool
    """Whether it replaces a value that the environment has."""


def named_settings(path: Path, variable: str = SETTINGS_VARIABLE) -> NamedSettings:
    """Read `os.environ.setdefault(...)` and `os.environ[...] = ...` of a manage.py, wsgi.py or asgi.py."""
    modules: dict[str, None] = {}
    forced = False
    for node in ast.walk(parse(path)):
        value: ast.AST | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault":
            if len(node.args) == 2 and text_of(node.args[0]) == variable:
                value = node.args[1]
        elif isinstance(node, ast.Assign) and any(_is_item(target, variable) for target in node.targets):
            value, forced = node.value, True
        if value is not None:
            text = text_of(value)
            modules |= {text: None} if text else {}
    return NamedSettings(tuple(modules), forced)


def _is_item(target: ast.AST, key: str) -> bool:
    return isinstance(target, ast.Subscript) and text_of(target.slice) == key


@dataclass(frozen=True)
class SettingsSource:
    """The assignments of a settings module and of the modules that it imports from the project."""

    root: Path
    module: str

    @cached_property
    def trees(self) -> tuple[ast.Module, ...]:
        """The module's syntax tree, after those of the modules that it imports."""
        return tuple(_with_imports(self.root, self.module, set()))

    @cached_property
    def assignments(self) -> dict[str, list[ast.expr]]:
        """The expressions that each name is assigned or extended by, in order."""
        found: dict[str, list[ast.expr]] = {}
        for tree in self.trees:
            for statement in _statements(tree.body):
                for name, value in _assigned(statement):
                    found.setdefault(name, []).append(value)
        return found

    def text(self, name: str) -> str | None:
        """The last value of a setting, if that is a constant text."""
        values = self.assignments.get(name)
        return text_of(values[-1]) if values else None

    def text_in(self, name: str, *keys: str) -> str | None:
        """The last constant text at some keys of a dictionary, such as STORAGES, `default`, `BACKEND`."""
        for value in reversed(self.assignments.get(name, [])):
            inner: ast.expr | None = value
            for key in keys:
                inner = _item(inner, key)
            if text_of(inner) is not None:
                return text_of(inner)
        return None

    def strings(self, name: str) -> set[str]:
        """Every text in the expressions of a setting, also through the names that they use."""
        found: set[str] = set()
        waiting, seen = [name], {name}
        while waiting:
            for value in self.assignments.get(waiting.pop(), ()):
                for node in ast.walk(value):
                    text = text_of(node)
                    found |= {text} if text else set()
                    if isinstance(node, ast.Name) and node.id not in seen:
                        seen.add(node.id)
                        waiting.append(node.id)
        return found


def defines(path: Path, name: str) -> bool:
    """Whether a file assigns, imports or declares a name at its top level."""
    for statement in _statements(parse(path).body):
        if any(name == assigned for assigned, _ in _assigned(statement)):
            return True
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and statement.name == name:
            return True
        if isinstance(statement, ast.Import | ast.ImportFrom) and any(
            alias.name == "*" or name == (alias.asname or alias.name) for alias in statement.names
        ):
            return True
    return False


def _item(node: ast.expr | None, key: str) -> ast.expr | None:
    pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
    return next((value for name, value in pairs if text_of(name) == key), None)


def _with_imports(root: Path, module: str, seen: set[str]) -> Iterator[ast.Module]:
    file = module_file(root, module)
    if file is None or not module or module in seen:
        return
    seen.add(module)
    tree = parse(file)
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for statement in _statements(tree.body):
        if isinstance(statement, ast.ImportFrom):
            yield from _with_imports(root, _absolute(package, statement), seen)
    yield tree


def _absolute(package: str, statement: ast.ImportFrom) -> str:
    if not statement.level:
        return statement.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - statement.level + 1]
    return ".".join([*above, *([statement.module] if statement.module else [])])


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of the top level, also those inside of if, try and with."""
    for statement in body:
        yield statement
        if isinstance(statement, _BLOCKS):
            yield from _statements(statement.body)
            if isinstance(statement, ast.If | ast.Try):
                yield from _statements(statement.orelse)
            if isinstance(statement, ast.Try):
                yield from _statements([one for handler in statement.handlers for one in handler.body])
                yield from _statements(statement.finalbody)


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    targets: list[ast.expr] = []
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets, value = [statement.target], statement.value
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        # INSTALLED_APPS.append("channels"), .insert(0, ...), .extend([...])
        function = statement.value.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            targets, value = [function.value], statement.value
    if value is not None:
        yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
