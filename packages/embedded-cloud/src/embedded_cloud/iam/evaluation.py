"""What IAM decides about a request of a role in its own account. Pure.

An explicit deny wins; else an identity-based policy must allow the request, and so must the permissions boundary and
the policy of the session, if there are any. What a policy has and this module does not know raises UnknownPolicyError
instead of deciding anything.
docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from embedded_cloud.iam.conditions import Context, UnknownPolicyError, holds, like, listed

Document = str | Mapping[str, Any]
"""A policy document, as JSON or parsed."""
ELEMENTS = frozenset(
    ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal", "NotPrincipal")
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One action on one resource."""

    action: str
    """As policies write it, such as `s3:GetObject`."""
    resource: str = "*"
    """ARN; `*` for an action that names none."""
    context: Context = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Everything that decides about a role's requests."""

    identity: tuple[Document, ...] = ()
    boundary: tuple[Document, ...] | None = None
    """None without a permissions boundary."""
    session: tuple[Document, ...] | None = None
    """What was given with AssumeRole; None without."""

    @property
    def documents(self) -> Iterable[Document]:
        """All of them."""
        return (*self.identity, *(self.boundary or ()), *(self.session or ()))


def refusal(request: Request, policies: Policies) -> str:
    """Why a request is refused, as AWS ends its message; empty when it is allowed. Raises UnknownPolicyError.

    docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    kinds = [("an identity-based policy", "identity-based policy", policies.identity)]
    if policies.boundary is not None:
        kinds.append(("a permissions boundary", "permissions boundary", policies.boundary))
    if policies.session is not None:
        kinds.append(("a session policy", "session policy", policies.session))
    found = [(denies, allows, effects(request, documents)) for denies, allows, documents in kinds]
    for denies, _, effect in found:
        if "Deny" in effect:
            return f"with an explicit deny in {denies}"
    for _, allows, effect in found:
        if "Allow" not in effect:
            return f"because no {allows} allows the {request.action} action"
    return ""


def effects(request: Request, documents: Iterable[Document], principal: Mapping[str, str] | None = None) -> set[str]:
    """`Allow` and `Deny`, as far as statements of these policies cover the request.

    `principal`: who asks, by type (`Service`, `Federated`), for trust policies, which name no resource.
    """
    return {one["Effect"] for one in statements(documents) if _covers(one, request, principal)}


def statements(documents: Iterable[Document]) -> list[dict[str, Any]]:
    """All statements of these policy documents."""
    parsed = [_parsed(one) if isinstance(one, str) else one for one in documents]
    return [statement for document in parsed for statement in listed(document.get("Statement"))]


@lru_cache(maxsize=1024)
def _parsed(document: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(document)
    return found


def names_action(statement: Mapping[str, Any], action: str) -> bool:
    """Whether the statement is about this action. Raises UnknownPolicyError for an element that is none of IAM's."""
    if unknown := set(statement) - ELEMENTS:
        raise UnknownPolicyError(f"element {', '.join(sorted(unknown))} of a statement")
    return _named(statement, "Action", lambda one: like(one, action, ignore_case=True))


def _covers(statement: Mapping[str, Any], request: Request, principal: Mapping[str, str] | None) -> bool:
    if not names_action(statement, request.action):
        return False
    return (
        _names(statement, principal)
        if principal is not None
        else _named(statement, "Resource", lambda one: _reaches(one, request.resource))
    ) and holds(statement.get("Condition", {}), request.context)


def _named(statement: Mapping[str, Any], element: str, matches: Callable[[str], bool]) -> bool:
    if f"Not{element}" in statement:
        return not any(matches(one) for one in listed(statement[f"Not{element}"]))
    return any(matches(one) for one in listed(statement.get(element)))


def _reaches(pattern: str, resource: str) -> bool:
    if "${" in pattern:
        raise UnknownPolicyError(f"a policy variable in {pattern}")
    return like(pattern, resource)


def _names(statement: Mapping[str, Any], principal: Mapping[str, str]) -> bool:
    wanted = statement.get("Principal", {})
    if "NotPrincipal" in statement or "Resource" in statement or "AWS" in {*principal, *wanted}:
        raise UnknownPolicyError("a policy other than a trust policy for a service or an identity provider")
    return wanted == "*" or any(
        one in {"*", name} for kind, name in principal.items() for one in listed(wanted.get(kind))
    )
