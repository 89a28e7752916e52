"""The policy of an application's permissions, and what it may not name. Pure."""

import json
from collections.abc import Sequence

from infra.permissions.permission import Permission
from infra.permissions.statements import overlaps, statements
from infra.policies import Arn
from infra.problem import InputError, Problem


class OwnedResourceError(InputError):
    """A permission names what the stack made for itself."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("The application asks for what the stack keeps for itself. No task was changed.", problems)


def application_policy(
    permissions: Sequence[Permission], *, project: str, stack: str, key_arn: str, owned: Sequence[str]
) -> str:
    """Permissions of the application, in the account and region of the stack's key.

    Raises OwnedResourceError when one may stand for the key, for the stack's parameters, or for an ARN of `owned`.
    """
    here = Arn.parse(key_arn)
    names = {"account": here.account, "region": here.region, "project": project, "stack": stack}
    parameters = f"arn:{here.partition}:ssm:{here.region}:{here.account}:parameter/{project}/{stack}"
    written = statements(permissions, names)
    problems = [
        _problem(number, position, resource)
        for number, statement in enumerate(written)
        for position, resource in enumerate(statement.get("Resource", ()))
        if resource != "*" and any(overlaps(resource, one) for one in (key_arn, parameters, *owned))
    ]
    if problems:
        raise OwnedResourceError(problems)
    return json.dumps({"Version": "2012-10-17", "Statement": written})


def _problem(number: int, position: int, resource: str) -> Problem:
    rule = "stands for a resource of the stack, which gives the application what it needs of it (docs/permissions.md)"
    return Problem(f"hosting.toml: permissions[{number}].resources[{position}]", resource, rule, "remove it")
