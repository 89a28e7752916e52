"""Render conditions and actions of listener rules for an HAProxy front end. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CHOSEN = "txn.rule"
"""Variable with the rule that matched, set once per request."""
STATUS_TEXT = {301: "Moved Permanently", 302: "Found"}
PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
"""Body of an application load balancer's own pages."""
LOCAL_HOST = r"^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$"

_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
    "query-string": "QueryStringConfig",
    "http-header": "HttpHeaderConfig",
}


class RuleError(Exception):
    """A rule uses a condition or an action that is not emulated."""


@dataclass(frozen=True)
class Ports:
    """Published ports on this machine by listener port."""

    published: Mapping[int, int]

    def seen_by_client(self, port: str) -> str:
        """Return the port that a client on this machine has to use."""
        return str(self.published.get(int(port), port)) if port.isdigit() else port


def quote(text: str) -> str:
    """Quote any text as one word of HAProxy's configuration."""
    escaped = "".join(_escape(character) for character in text)
    return f'"{escaped}"'


def acl(conditions: Sequence[Mapping[str, Any]]) -> str:
    """Render a rule's conditions as anonymous ACLs: all must match, each with one of its values. Raises RuleError."""
    return " ".join(_condition(condition) for condition in conditions)


def _condition(condition: Mapping[str, Any]) -> str:
    field = condition.get("Field", "")
    config = condition.get(_CONFIGS.get(field, "")) or {}
    values = config.get("Values") or condition.get("Values") or []
    if field == "host-header":
        return _match("req.hdr(host),host_only", [wildcard(value) for value in values], ignore_case=True)
    if field == "path-pattern":
        return _match("path", [wildcard(value) for value in values])
    if field == "http-request-method":
        return "{ method " + " ".join(quote(value) for value in values) + " }"
    if field == "source-ip":
        return "{ src " + " ".join(quote(value) for value in values) + " }"
    if field == "query-string":
        return _match("query,url_dec", [_query(value) for value in values], ignore_case=True)
    if field == "http-header":
        name = config["HttpHeaderName"]
        return _match(f"req.fhdr({name})", [wildcard(value) for value in values], ignore_case=True)
    raise RuleError(f"listener rule condition {field!r} is not emulated")


def _match(sample: str, patterns: Sequence[str], *, ignore_case: bool = False) -> str:
    words = " ".join(quote(pattern) for pattern in patterns)
    return f"{{ {sample} -m reg{' -i' if ignore_case else ''} {words} }}"


def wildcard(pattern: str) -> str:
    """Translate a pattern with `*` and `?` to a regular expression."""
    parts = {"*": ".*", "?": "."}
    return "^" + "".join(parts.get(character, re.escape(character)) for character in pattern) + "$"


def _query(value: Mapping[str, str]) -> str:
    key = wildcard(value.get("Key") or "*")[1:-1].replace(".*", "[^&=]*")
    text = wildcard(value["Value"])[1:-1].replace(".*", "[^&]*")
    return f"(^|&){key}={text}(&|$)" if value.get("Key") else f"(^|&|=){text}(&|$)"


def respond(action: Mapping[str, Any], scheme: str, port: int, ports: Ports, when: str) -> list[str]:
    """Render a redirect or a fixed response. Raises RuleError."""
    kind = action.get("Type")
    if kind == "fixed-response":
        return [_fixed(action["FixedResponseConfig"], when)]
    if kind == "redirect":
        redirect = action["RedirectConfig"]
        # A client that came through a published port is redirected to a published port.
        return [
            _redirect(
                redirect, scheme, ports.seen_by_client(_port(redirect, port)), f"{when} {{ var(txn.local) -m bool }}"
            ),
            _redirect(redirect, scheme, _port(redirect, port), when),
        ]
    raise RuleError(f"listener action {kind!r} is not emulated")


def _fixed(config: Mapping[str, Any], when: str) -> str:
    body = config.get("MessageBody")
    content_type = config.get("ContentType") or "text/plain"
    # HAProxy refuses an empty string.
    answer = f"content-type {quote(content_type)} string {quote(body)} " if body else ""
    return f"http-request return status {int(config['StatusCode'])} {answer}hdr Server awselb/2.0 if {when}"


def _port(redirect: Mapping[str, Any], port: int) -> str:
    wanted = str(redirect.get("Port") or "#{port}")
    return str(port) if wanted == "#{port}" else wanted


def _redirect(redirect: Mapping[str, Any], scheme: str, port: str, when: str) -> str:
    code = int(str(redirect["StatusCode"]).removeprefix("HTTP_"))
    protocol = str(redirect.get("Protocol") or "#{protocol}").replace("#{protocol}", scheme).lower()
    host = _fill(redirect.get("Host") or "#{host}")
    path = _fill(redirect.get("Path") or "/#{path}")
    query = redirect.get("Query")
    query = "%[var(txn.query)]" if query in (None, "#{query}") else f"?{_fill(query)}"
    page = PAGE.format(f"{code} {STATUS_TEXT[code]}")
    return (
        f"http-request return status {code} content-type text/html string {quote(page)} hdr Server awselb/2.0 "
        f'hdr Location "{protocol}://{host}:{port}{path}{query}" if {when}'
    )


def _fill(template: str) -> str:
    text = "".join(_escape(character) for character in template.replace("%", "%%"))
    for name in ("host", "path"):
        text = text.replace(f"#{{{name}}}", f"%[var(txn.{name})]")
    return text.replace("#{query}", "%[query]")


def _escape(character: str) -> str:
    if character in '\\"$':
        return "\\" + character
    return {"\r": "\\r", "\n": "\\n", "\t": "\\t"}.get(character, character)
