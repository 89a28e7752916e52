"""The recorded stack as the checks see it, and the register of checks by the control they prove."""

import json
from collections.abc import Callable, Iterator
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
        """What a Recorder has seen of AWS."""
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

    def all(self, kind: str) -> list[Resource]:
        """Every resource of a kind, perhaps none."""
        return [resource for resource in self.resources if resource.kind == kind]

    def some(self, kind: str) -> list[Resource]:
        """Every resource of a kind; a check over none would prove nothing."""
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
"""Of production."""
MACHINE_CHECKS: dict[str, Check] = {}
"""Of the same site with `hosting: vm`, beside those of CHECKS that are about what both kinds have."""


def proves(*controls: str, among: dict[str, Check] = CHECKS) -> Callable[[Check], Check]:
    """Register a check under the controls it proves; two checks for one control are a mistake."""

    def register(check: Check) -> Check:
        for control in controls:
            assert control not in among, f"{control} has two checks"
            among[control] = check
        return check

    return register


def listed(value: Any) -> list[Any]:
    """IAM writes one thing without a list."""
    return value if isinstance(value, list) else [value]
