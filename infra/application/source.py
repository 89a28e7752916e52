"""Reads the project's Python files without running them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"
CLASS_VARIABLE = "DJANGO_CONFIGURATION"
"""Of django-configurations, whose settings are classes."""
_CLASSES = "configurations"
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


def uses_classes(path: Path) -> bool:
    """Whether a manage.py or wsgi.py starts django-configurations."""
    imported = (node.module or "" for node in ast.walk(parse(path)) if isinstance(node, ast.ImportFrom))
    return any(one.partition(".")[0] == _CLASSES for one in imported) or bool(
        named_settings(path, CLASS_VARIABLE).modules
    )


def _is_item(target: ast.AST, key: str) -> bool:
    return isinstance(target, ast.Subscript) and text_of(target.slice) == key


def defines(path: Path, name: str) -> bool:
    """Whether a file assigns, imports or declares a name at its top level."""
    for statement in _statements(parse(path).body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found = statement.name == name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            found = any(alias.name == "*" or name == (alias.asname or alias.name) for alias in statement.names)
        else:
            nodes = () if isinstance(statement, _BLOCKS) else ast.walk(statement)
            found = any(
                isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store) for one in nodes
            )
        if found:
            return True
    return False


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of the top level, also those inside of if, try and with."""
    for statement in body:
        yield statement
        if isinstance(statement, _BLOCKS):
            handlers = getattr(statement, "handlers", [])
            for inner in (statement, *handlers):
                for part in ("body", "orelse", "finalbody"):
                    yield from _statements(getattr(inner, part, []))
