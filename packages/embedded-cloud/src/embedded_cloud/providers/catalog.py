"""The entries of each package (every module that defines RESOURCES or FUNCTIONS), and the table of supported types."""

import difflib
import importlib
import importlib.metadata
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from embedded_cloud.providers.entry import Function, ResourceType
from embedded_cloud.providers.failures import OperationError

PACKAGES = ("aws", "random", "docker")
HOW_TO_ADD = 'To add it, see "Add a resource type" in the README of embedded-cloud.'


@dataclass(frozen=True)
class Catalog:
    """The entries of one package, by token."""

    package: str
    resources: dict[str, ResourceType]
    functions: dict[str, Function]

    @property
    def version(self) -> str:
        """Version of the installed SDK; the engine warns about an older plugin."""
        return importlib.metadata.version(f"pulumi-{self.package}")

    def resource(self, token: str) -> ResourceType:
        """Entry of a resource type. Raises OperationError with the closest token."""
        if token in self.resources:
            return self.resources[token]
        raise OperationError(self._refusal("resource type", token, self.resources))

    def function(self, token: str) -> Function:
        """Entry of a function. Raises OperationError with the closest token."""
        if token in self.functions:
            return self.functions[token]
        raise OperationError(self._refusal("function", token, self.functions))

    def _refusal(self, kind: str, token: str, known: Iterable[str]) -> str:
        close = difflib.get_close_matches(token, known, n=1)
        hint = f" The closest is {close[0]}." if close else ""
        return f"the embedded cloud does not support the {kind} {token}.{hint} {HOW_TO_ADD}"


@cache
def catalog(package: str) -> Catalog:
    """Entries of `aws`, `random` or `docker`. Raises ValueError for two entries with one token."""
    resources: dict[str, ResourceType] = {}
    functions: dict[str, Function] = {}
    for name in modules(f"embedded_cloud.providers.{package}"):
        module = importlib.import_module(name)
        for resource in getattr(module, "RESOURCES", ()):
            if resources.setdefault(resource.token, resource) is not resource:
                raise ValueError(f"{resource.token} has two entries")
        for function in getattr(module, "FUNCTIONS", ()):
            if functions.setdefault(function.token, function) is not function:
                raise ValueError(f"{function.token} has two entries")
    return Catalog(package, resources, functions)


def modules(package: str) -> Iterable[str]:
    """Return the names of a package and its modules."""
    folder = importlib.import_module(package)
    yield package
    for module in pkgutil.walk_packages(getattr(folder, "__path__", ()), prefix=f"{package}."):
        yield module.name


@dataclass(frozen=True)
class SupportedType:
    token: str
    """`aws:ecs/service:Service`."""
    service: str
    """Module of the SDK (`ecs`), or its package (`docker`)."""
    effect: str
    """What happens on this machine; empty when the API stores the resource and nothing acts on it."""


def resource_types() -> list[SupportedType]:
    entries = [entry for package in PACKAGES for entry in catalog(package).resources.values()]
    rows = [SupportedType(entry.token, _service(entry.token), entry.effect) for entry in entries]
    return sorted(rows, key=lambda row: row.token)


def as_text(rows: list[SupportedType]) -> str:
    """The table as text, one type a line."""
    token, service = (max(len(getattr(row, name)) for row in rows) for name in ("token", "service"))
    lines = [f"{row.token:{token}}  {row.service:{service}}  {row.effect or 'stored only'}" for row in rows]
    return "\n".join(lines) + "\n"


def _service(token: str) -> str:
    package, module, _ = token.split(":")
    service = module.partition("/")[0]
    return package if service == "index" else service
