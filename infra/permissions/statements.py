"""Permissions as IAM statements. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from infra.permissions.services import endpoint

PLACEHOLDERS = ("account", "region", "project", "stack")
"""Names of the stack's own values, written `${account}`."""
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
WILDCARD = re.compile(r"[*?]")

Values = str | Sequence[str]
Conditions = Mapping[str, Mapping[str, Values]]


class Permission(Protocol):
    """One statement, as infra/application/manifest.py declares it."""

    @property
    def actions(self) -> Sequence[str]:
        """Actions that are allowed."""

    @property
    def resources(self) -> Sequence[str]:
        """ARNs that they are allowed on."""

    @property
    def conditions(self) -> Conditions:
        """Keys and values by operator."""


def statements(permissions: Sequence[Permission], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The statements of a policy, with `names` in place of the placeholders."""
    return [_statement(one, names) for one in permissions]


def overlaps(resources: str, owned: str) -> bool:
    """Whether an ARN with or without wildcards may stand for `owned`, or for something inside of it."""
    beginning = WILDCARD.split(resources, maxsplit=1)[0]
    inside = beginning.startswith((f"{owned}/", f"{owned}:"))
    return inside or (beginning == owned if beginning == resources else owned.startswith(beginning))


def described(permissions: Sequence[Permission]) -> Iterator[str]:
    """A line for each statement."""
    for one in permissions:
        when = f" when {json.dumps(one.conditions)}" if one.conditions else ""
        yield f"the application may call {', '.join(one.actions)} on {', '.join(one.resources)}{when}"


def without_endpoint(permissions: Sequence[Permission], region: str, reached: Sequence[str]) -> Iterator[str]:
    """A line for each service that is not among those that tasks with `egress: endpoints` reach."""
    services = {action.partition(":")[0] for one in permissions for action in one.actions}
    for service in sorted(services - set(reached)):
        yield (
            f"hosting.toml permits calls of {service}, and with `egress: endpoints` tasks reach no endpoint of it "
            f"({endpoint(service, region)}): they wait until they time out. pulumi config set egress gateway"
        )


def _statement(permission: Permission, names: Mapping[str, str]) -> dict[str, Any]:
    def filled(values: Values) -> Any:
        if isinstance(values, str):
            return PLACEHOLDER.sub(lambda found: names[found[1]], values)
        return [filled(one) for one in values]

    allowed = {"Effect": "Allow", "Action": list(permission.actions), "Resource": filled(permission.resources)}
    if not permission.conditions:
        return allowed
    conditions = {
        operator: {key: filled(value) for key, value in keys.items()}
        for operator, keys in permission.conditions.items()
    }
    return {**allowed, "Condition": conditions}
