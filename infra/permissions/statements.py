"""Permissions as IAM statements. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

from infra.permissions.permission import Permission
from infra.permissions.rules import WILDCARD
from infra.permissions.services import endpoint

MOST_CHARACTERS = 4096
"""Of all statements. They stand beside the platform's in a permissions boundary, which is a managed policy of 6,144
characters, and in a role's inline policies, 10,240 together
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""


def statements(permissions: Sequence[Permission], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The statements of a policy, with `names` in place of the placeholders."""
    return [one.statement(names) for one in permissions]


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


def check_size(permissions: tuple[Permission, ...]) -> tuple[Permission, ...]:
    """Few enough for the roles and their permissions boundary."""
    names = {"account": "1" * 12, "region": "ap-southeast-4", "project": "p" * 20, "stack": "s" * 20}
    characters = len(json.dumps(statements(permissions, names), separators=(",", ":")))
    if characters > MOST_CHARACTERS:
        raise ValueError(
            f"the statements have {characters} characters, and IAM's policies have room for {MOST_CHARACTERS}; write "
            "one statement for the resources of the same actions, and a wildcard at the end of similar names"
        )
    return permissions


Permissions = Annotated[tuple[Permission, ...], AfterValidator(check_size)]
