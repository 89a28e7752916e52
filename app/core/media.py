"""Who may see an uploaded file; the platform asks `may_read` before the proxy delivers it (hosting.toml)."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

Rule = Callable[[HttpRequest, str], bool]


def everyone(_request: HttpRequest, _rest: str) -> bool:
    """Allow everyone."""
    return True


def signed_in(request: HttpRequest, _rest: str) -> bool:
    """Allow members."""
    return request.user.is_authenticated


def owner(request: HttpRequest, rest: str) -> bool:
    """Allow the user whose id is the first folder."""
    user = request.user
    return not isinstance(user, AnonymousUser) and rest.split("/", 1)[0] == str(user.pk)


RULES: dict[str, Rule] = {"public": everyone, "pictures": signed_in, "private": owner}
"""The rule for each first folder of a path. A path without a rule is never delivered."""


def may_read(request: HttpRequest, path: str) -> bool:
    """Return whether the visitor may see the file."""
    folder, _, rest = path.partition("/")
    rule = RULES.get(folder)
    return bool(rest) and rule is not None and rule(request, rest)
