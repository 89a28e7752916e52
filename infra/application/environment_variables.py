"""Variables that the settings read while they are imported."""

import ast
from collections.abc import Collection, Iterator
from typing import NamedTuple

from infra.application.settings_source import SettingsSource
from infra.application.source import text_of
from infra.ecs.containers import platform_variables

_IN_THE_IMAGE = {"DJANGO_SETTINGS_MODULE", "MEDIA_ROOT", "STATIC_ROOT", "TMPDIR"}
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
"""Their bodies run when they are called."""


class ReadVariables(NamedTuple):
    """Variables without a default that the platform does not set, by name."""

    needed: list[str]
    """Without one of them the settings cannot be imported."""
    in_branches: dict[str, str]
    """Those that only a branch or a function reads, each with its place."""


class _Read(NamedTuple):
    name: str
    place: str
    always: bool


def read_variables(settings: SettingsSource) -> ReadVariables:
    """What the settings read, as far as it is written out: os.environ, django-environ, environs, decouple, pydantic."""
    nodes = [node for one in settings.read.reached for node in ast.walk(one.node)]
    readers = {node.name for node in nodes if isinstance(node, ast.FunctionDef) and _reads_its_argument(node)}
    given = platform_variables() | _IN_THE_IMAGE | {name for node in nodes for name in _optional(node)}
    reads = [
        found
        for node, place, branch in settings.read.reached
        for found in _reads(node, place if branch is None else branch, branch is None, readers)
        if found.name not in given
    ]
    needed = {one.name for one in reads if one.always}
    return ReadVariables(sorted(needed), {one.name: one.place for one in reads if one.name not in needed})


def _reads(node: ast.AST, place: str, always: bool, readers: Collection[str]) -> Iterator[_Read]:
    if name := _required(node, readers):
        yield _Read(name, place, always)
    if isinstance(node, ast.ClassDef) and any(_name(base) == "BaseSettings" for base in node.bases):
        yield from (_Read(name, place, always) for name in _fields(node))
    for child in ast.iter_child_nodes(node):
        chosen = isinstance(node, ast.IfExp) and child is not node.test
        chosen = chosen or (isinstance(node, ast.BoolOp) and child is not node.values[0])
        yield from _reads(child, place, always and not chosen and not isinstance(node, _LATER), readers)


def _reads_its_argument(function: ast.FunctionDef) -> bool:
    """Whether it is a project's own `def get_env(name): return os.environ[name]`."""
    reads = (_variable(node) for node in ast.walk(function))
    names = [one.arg for one in function.args.args]
    return len(names) == 1 and any(isinstance(one, ast.Name) and one.id == names[0] for one in reads)


def _variable(node: ast.AST) -> ast.expr | None:
    """What stands in os.environ[...]."""
    is_read = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _name(node.value) == "environ"
    return node.slice if isinstance(node, ast.Subscript) and is_read else None


def _required(node: ast.AST, readers: Collection[str]) -> str | None:
    """The variable that an expression reads without a default."""
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return text_of(_variable(node))
    if any(keyword.arg in {"default", None} for keyword in node.keywords):
        return None
    function = node.func
    owner = function.value if isinstance(function, ast.Attribute) else function
    if (
        isinstance(owner, ast.Name)
        and owner.id in {"env", "config", *readers}
        and _name(function) not in {"read_env", "get"}
    ):
        return text_of(node.args[0])
    return None


def _fields(model: ast.ClassDef) -> Iterator[str]:
    """Fields without a default of a class of pydantic-settings; each is a variable in capital letters."""
    words = [word for node in ast.walk(model) if isinstance(node, ast.Call) for word in node.keywords]
    prefix = next((text_of(word.value) for word in words if word.arg == "env_prefix"), None) or ""
    for one in model.body:
        if isinstance(one, ast.AnnAssign) and one.value is None and isinstance(one.target, ast.Name):
            yield f"{prefix}{one.target.id}".upper()


def _optional(node: ast.AST) -> Iterator[str]:
    """Variables that the settings ask for (`"X" in os.environ`), read with a default, or declare with one."""
    if isinstance(node, ast.Compare) and _name(node.comparators[0]) == "environ":
        yield text_of(node.left) or ""
    elif isinstance(node, ast.Call) and _name(node.func) in {"get", "getenv", "setdefault"} and node.args:
        yield text_of(node.args[0]) or ""
    elif isinstance(node, ast.Call) and _name(node.func) in {"Env", "FileAwareEnv"}:
        yield from (word.arg for word in node.keywords if word.arg and isinstance(word.value, ast.Tuple))


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
