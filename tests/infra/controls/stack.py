"""The recorded stack as the checks read it, and the register of checks by control."""

import json
from collections.abc import Callable, Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any


@dataclass
class Resource:
    """One declared resource: short type (`rds/instance`), logical name, plain inputs."""

    kind: str
    name: str
    inputs: dict[str, Any]
    protected: bool = False


@dataclass
class Stack:
    """Everything the program declares."""

    resources: list[Resource]

    @classmethod
    def recorded(cls, recorder: Any) -> "Stack":
        """The AWS resources of a recorded program."""
        return cls(
            [
                Resource(
                    kind=resource.typ.removeprefix("aws:").rpartition(":")[0],
                    name=resource.name,
                    inputs=recorder.plain(resource.inputs),
                    protected=bool(recorder.options(resource.typ, resource.name).protect),
                )
                for resource in recorder.resources
                if resource.typ.startswith("aws:")
            ]
        )

    def copy(self) -> "Stack":
        """An independent copy, to be weakened."""
        return deepcopy(self)

    def without(self, names: Collection[str]) -> "Stack":
        """The stack without the resources of these logical names, and without what names one of them as its bucket."""
        gone = tuple(one.inputs["bucketPrefix"] for one in self.all("s3/bucket") if one.name in names)
        return Stack(
            [
                one
                for one in self.resources
                if one.name not in names and not str(one.inputs.get("bucket")).startswith(gone)
            ]
        )

    def all(self, kind: str) -> list[Resource]:
        """Resources of a kind; the list may be empty."""
        return [resource for resource in self.resources if resource.kind == kind]

    def some(self, kind: str) -> list[Resource]:
        """Resources of a kind, at least one: a check of an empty list proves nothing."""
        found = self.all(kind)
        assert found, f"no {kind} is declared"
        return found

    def containers(self) -> Iterator[dict[str, Any]]:
        """Every container of every task definition."""
        for task in self.some("ecs/taskDefinition"):
            yield from json.loads(task.inputs["containerDefinitions"])

    def statements(self) -> Iterator[dict[str, Any]]:
        """Every statement of every role's policy."""
        for policy in self.some("iam/rolePolicy"):
            yield from json.loads(policy.inputs["policy"])["Statement"]


Check = Callable[[Stack], None]
CHECKS: dict[str, Check] = {}
"""Check by id of the control."""


def proves(*controls: str) -> Callable[[Check], Check]:
    """Register a check under the controls that it proves; a control has one check."""

    def register(check: Check) -> Check:
        for control in controls:
            assert control not in CHECKS, f"{control} has two checks"
            CHECKS[control] = check
        return check

    return register


def listed(value: Any) -> list[Any]:
    """A value of an IAM document as a list; IAM allows a single value without one."""
    return value if isinstance(value, list) else [value]
