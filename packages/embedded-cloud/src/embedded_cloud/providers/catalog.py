"""The entries of each package: every module in its folder that defines RESOURCES or FUNCTIONS."""

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
    for name in _modules(f"embedded_cloud.providers.{package}"):
        module = importlib.import_module(name)
        for resource in getattr(module, "RESOURCES", ()):
            if resources.setdefault(resource.token, resource) is not resource:
                raise ValueError(f"{resource.token} has two entries")
        for function in getattr(module, "FUNCTIONS", ()):
            if functions.setdefault(function.token, function) is not function:
                raise ValueError(f"{function.token} has two entries")
    return Catalog(package, resources, functions)


def _modules(package: str) -> Iterable[str]:
    folder = importlib.import_module(package)
    yield package
    for module in pkgutil.walk_packages(folder.__path__, prefix=f"{package}."):
        yield module.name
