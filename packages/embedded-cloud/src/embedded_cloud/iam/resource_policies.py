"""Policies of keys, and trust policies of roles, about a role of their own account. Pure.

docs.aws.amazon.com/kms/latest/developerguide/control-access-overview.html
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from embedded_cloud.iam.conditions import UnknownPolicyError, holds, listed
from embedded_cloud.iam.evaluation import Document, Request, names_action, statements


class Verdict(Enum):
    """What such a policy says of a request."""

    DENIED = auto()
    """A statement denies it."""
    SILENT = auto()
    """No statement is about the role or its account."""
    ACCOUNT = auto()
    """It leaves the request to the account's IAM policies."""
    ROLE = auto()
    """It names the role itself."""


def verdict(document: Document, request: Request, role_arn: str) -> Verdict:
    """What the policy says of this role's request. Raises UnknownPolicyError."""
    account = role_arn.split(":")[4]
    found = {
        (one["Effect"], _reach(one, role_arn, account))
        for one in statements([document])
        if names_action(one, request.action) and holds(one.get("Condition", {}), request.context)
    }
    if found & {("Deny", Verdict.ROLE), ("Deny", Verdict.ACCOUNT)}:
        return Verdict.DENIED
    for reach in (Verdict.ROLE, Verdict.ACCOUNT):
        if ("Allow", reach) in found:
            return reach
    return Verdict.SILENT


def _reach(statement: Mapping[str, Any], role_arn: str, account: str) -> Verdict:
    if "NotPrincipal" in statement:
        raise UnknownPolicyError("NotPrincipal in the policy of a key or in a trust policy")
    principal = statement.get("Principal", {})
    named = {"*"} if principal == "*" else set(listed(principal.get("AWS")))
    if named & {"*", role_arn}:
        return Verdict.ROLE
    return Verdict.ACCOUNT if named & {account, f"arn:aws:iam::{account}:root"} else Verdict.SILENT
