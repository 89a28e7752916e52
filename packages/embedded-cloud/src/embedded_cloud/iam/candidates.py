"""The part of a policy that can name an action, for those who ask about hundreds. Pure.

The evaluation compiles a pattern for each name in a policy; most names have no wildcard and are another action.
"""

from collections.abc import Iterable
from typing import Any

from embedded_cloud.iam.conditions import listed
from embedded_cloud.iam.evaluation import Document, statements


def candidates(documents: Iterable[Document], action: str) -> dict[str, Any]:
    """One document that decides about this action as all of these do together."""
    found = []
    for one in statements(documents):
        if "Action" not in one:
            found.append(one)
        elif names := [name for name in listed(one["Action"]) if _may_name(name, action)]:
            found.append({**one, "Action": names})
    return {"Statement": found}


def _may_name(name: str, action: str) -> bool:
    return "*" in name or "?" in name or name.lower() == action.lower()
