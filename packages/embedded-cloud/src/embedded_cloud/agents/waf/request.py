"""A request as AWS WAF inspects it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BODY_LIMIT = 8 * 1024
"""Bytes of a body that WAF inspects for a load balancer (WAF developer guide, "Oversize web request components")."""
PAIRS_LIMIT, PAIRS_BYTES = 200, 8 * 1024
"""Number of headers and of cookies that WAF inspects, and bytes of each of the two (the same page)."""

Pairs = Sequence[tuple[str, str]]
"""Names and values."""


@dataclass(frozen=True, kw_only=True)
class WebRequest:
    """One request before the load balancer changes it. Texts have one character for each byte."""

    client: str
    method: str = "GET"
    path: str = "/"
    query: str = ""
    version: str = "1.1"
    headers: Pairs = ()
    body: str = ""
    """No more than the limit."""
    body_size: int = 0
    """Of the whole body, as far as it is known."""
    scheme: str = "https"
    request_id: str = ""
    published: bool = False
    """Whether the host is this machine and a published port: the emulation's own way in, which AWS does not have."""

    def header(self, name: str) -> str | None:
        """Return the first value; None without that header."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def cookies(self) -> list[tuple[str, str]]:
        lines = [value for name, value in self.headers if name.lower() == "cookie"]
        pairs = [part.strip().partition("=") for line in lines for part in line.split(";") if part.strip()]
        return [(name, value) for name, _, value in pairs]

    def arguments(self) -> list[tuple[str, str]]:
        """Names and values of the query, not decoded."""
        pairs = [part.partition("=") for part in self.query.split("&") if part]
        return [(name, value) for name, _, value in pairs]


def inspected(request: WebRequest, field: Mapping[str, Any]) -> list[str] | None:
    """Return the values that a `FieldToMatch` names; None for a field that is not emulated."""
    (kind, options), *_ = field.items()
    simple = {
        "UriPath": [request.path],
        "QueryString": [request.query],
        "Method": [request.method],
        "Body": [request.body],
        "AllQueryArguments": [value for _, value in request.arguments()],
    }
    if kind in simple:
        return simple[kind]
    if kind == "SingleHeader":
        return [value for name, value in request.headers if name.lower() == options["Name"].lower()]
    if kind == "SingleQueryArgument":
        return [value for name, value in request.arguments() if name.lower() == options["Name"].lower()]
    if kind == "Headers":
        return _selected(within_limits(request.headers), options)
    return _selected(within_limits(request.cookies()), options) if kind == "Cookies" else None


def is_oversize(request: WebRequest, field: Mapping[str, Any]) -> str:
    """Return what the statement does with a part above its limit (`MATCH`, `NO_MATCH`); empty when it inspects."""
    (kind, options), *_ = field.items()
    large = {"Body": request.body_size > BODY_LIMIT}
    large |= {"Headers": _exceeds(request.headers), "Cookies": _exceeds(request.cookies())}
    handling = (options or {}).get("OversizeHandling", "CONTINUE")
    return str(handling) if large.get(kind) and handling != "CONTINUE" else ""


def within_limits(pairs: Pairs) -> Pairs:
    """Return the headers or cookies that WAF inspects; the last one may be cut."""
    kept, left = [], PAIRS_BYTES
    for name, value in pairs[:PAIRS_LIMIT]:
        if left <= 0:
            break
        kept.append((name[:left], value[: max(left - len(name), 0)]))
        left -= len(name) + len(value)
    return kept


def _exceeds(pairs: Pairs) -> bool:
    return len(pairs) > PAIRS_LIMIT or sum(len(name) + len(value) for name, value in pairs) > PAIRS_BYTES


def _selected(pairs: Pairs, options: Mapping[str, Any]) -> list[str]:
    pattern = options.get("MatchPattern") or {}
    included = {name.lower() for key in ("IncludedHeaders", "IncludedCookies") for name in pattern.get(key) or ()}
    excluded = {name.lower() for key in ("ExcludedHeaders", "ExcludedCookies") for name in pattern.get(key) or ()}
    chosen = [
        pair for pair in pairs if (not included or pair[0].lower() in included) and pair[0].lower() not in excluded
    ]
    scope = options.get("MatchScope", "ALL")
    keys = [name for name, _ in chosen] if scope in ("ALL", "KEY") else []
    return keys + ([value for _, value in chosen] if scope in ("ALL", "VALUE") else [])
