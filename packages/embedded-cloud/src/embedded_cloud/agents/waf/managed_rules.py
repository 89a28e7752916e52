"""AWS managed rule groups, as far as AWS describes their rules. Pure.

docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html: sizes are exact, and of the
patterns only the examples are published. A rule matches these examples and nothing else, so it lets through more than
on AWS. Rules without a published pattern are in `silent`: they never match.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from embedded_cloud.agents.waf.request import BODY_LIMIT, WebRequest, within_limits
from embedded_cloud.agents.waf.transformations import url_decoded

Part = Callable[[WebRequest], Sequence[str]]

QUERY_BYTES, COOKIE_BYTES, PATH_BYTES = 2048, 10_240, 1024
_METADATA = re.compile(r"169\.254\.169\.254")
_TRAVERSAL = re.compile(r"\.\./\.\./")
_EXTENSION = re.compile(r"\.(log|ini)$", re.IGNORECASE)
_REMOTE_FILE = re.compile(r"(?:https?|ftps?|file)://\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", re.IGNORECASE)
_SCRIPT = re.compile(r"<script[\s>/]", re.IGNORECASE)
_BAD_BOT = re.compile(r"nessus|nmap", re.IGNORECASE)
_JAVA = re.compile(r"\(java\.lang\.runtime\)\.getruntime\(\)\.exec\(", re.IGNORECASE)
_LOG4J = re.compile(r"\$\{jndi:(?:ldaps?|rmi|dns|iiop|nis|nds|corba|https?):/", re.IGNORECASE)
_WEB_INF = re.compile(r"web-inf", re.IGNORECASE)
_SQL_MANAGER = re.compile(r"sqlmanager", re.IGNORECASE)
_LOCALHOST = re.compile(r"localhost(:\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class ManagedRule:
    """One rule. Its action is Block."""

    name: str
    label: str
    """After the namespace of the group."""
    matches: Callable[[WebRequest], bool]


@dataclass(frozen=True)
class ManagedGroup:
    namespace: str
    rules: Sequence[ManagedRule]
    silent: Sequence[str] = ()
    """Rules that never match here."""

    def labels(self) -> list[str]:
        return [f"{self.namespace}{rule.label}" for rule in self.rules]


def has_script(text: str) -> bool:
    """Whether a text has the published example of cross-site scripting."""
    return _SCRIPT.search(text) is not None


def _query_string(request: WebRequest) -> Sequence[str]:
    return [request.query]


def _arguments(request: WebRequest) -> Sequence[str]:
    return [value for _, value in request.arguments()]


def _path(request: WebRequest) -> Sequence[str]:
    return [request.path]


def _body(request: WebRequest) -> Sequence[str]:
    return [request.body]


def _cookies(request: WebRequest) -> Sequence[str]:
    return [value for _, value in within_limits(request.cookies())]


def _headers(request: WebRequest) -> Sequence[str]:
    return [text for pair in within_limits(request.headers) for text in pair]


_PARTS: Mapping[str, tuple[str, Part]] = {
    "BODY": ("Body", _body),
    "COOKIE": ("Cookie", _cookies),
    "URIPATH": ("URIPath", _path),
    "QUERYARGUMENTS": ("QueryArguments", _arguments),
    "QUERYSTRING": ("QueryString", _query_string),
    "HEADER": ("Header", _headers),
}
"""By the end of a rule's name: the end of its label, and what it inspects."""


def _pattern(name: str, pattern: re.Pattern[str], parts: str) -> list[ManagedRule]:
    """Rules that look for a pattern in these parts, as sent and decoded."""

    def rule(part: str) -> ManagedRule:
        label, texts = _PARTS[part]
        return ManagedRule(f"{name}_{part}", f"{name}_{label}", lambda request: _finds(pattern, texts(request)))

    return [rule(part) for part in parts.split()]


def _finds(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    return any(pattern.search(text) or pattern.search(url_decoded(text)) for text in texts)


def _cookie_bytes(request: WebRequest) -> int:
    return max((len(value) for name, value in request.headers if name.lower() == "cookie"), default=0)


def _is_localhost(request: WebRequest) -> bool:
    return not request.published and _LOCALHOST.fullmatch(request.header("host") or "") is not None


_CORE = (
    ManagedRule("NoUserAgent_HEADER", "NoUserAgent_Header", lambda one: one.header("user-agent") is None),
    ManagedRule(
        "UserAgent_BadBots_HEADER", "BadBots_Header", lambda one: bool(_BAD_BOT.search(one.header("user-agent") or ""))
    ),
    ManagedRule(
        "SizeRestrictions_QUERYSTRING", "SizeRestrictions_QueryString", lambda one: len(one.query) > QUERY_BYTES
    ),
    ManagedRule(
        "SizeRestrictions_Cookie_HEADER",
        "SizeRestrictions_Cookie_Header",
        lambda one: _cookie_bytes(one) > COOKIE_BYTES,
    ),
    ManagedRule("SizeRestrictions_BODY", "SizeRestrictions_Body", lambda one: one.body_size > BODY_LIMIT),
    ManagedRule("SizeRestrictions_URIPATH", "SizeRestrictions_URIPath", lambda one: len(one.path) > PATH_BYTES),
    *_pattern("EC2MetaDataSSRF", _METADATA, "BODY COOKIE URIPATH QUERYARGUMENTS"),
    *_pattern("GenericLFI", _TRAVERSAL, "QUERYARGUMENTS URIPATH BODY"),
    *_pattern("RestrictedExtensions", _EXTENSION, "URIPATH QUERYARGUMENTS"),
    *_pattern("GenericRFI", _REMOTE_FILE, "QUERYARGUMENTS BODY URIPATH"),
    *_pattern("CrossSiteScripting", _SCRIPT, "COOKIE QUERYARGUMENTS BODY URIPATH"),
)
_BAD_INPUTS = (
    *_pattern("JavaDeserializationRCE", _JAVA, "HEADER BODY URIPATH QUERYSTRING"),
    ManagedRule("Host_localhost_HEADER", "Host_Localhost_Header", _is_localhost),
    ManagedRule("PROPFIND_METHOD", "Propfind_Method", lambda one: one.method == "PROPFIND"),
    *_pattern("ExploitablePaths", _WEB_INF, "URIPATH"),
    *_pattern("Log4JRCE", _LOG4J, "HEADER QUERYSTRING BODY URIPATH"),
)
_AWS = "awswaf:managed:aws:"
GROUPS: Mapping[str, ManagedGroup] = {
    "AWSManagedRulesCommonRuleSet": ManagedGroup(f"{_AWS}core-rule-set:", _CORE),
    "AWSManagedRulesKnownBadInputsRuleSet": ManagedGroup(f"{_AWS}known-bad-inputs:", _BAD_INPUTS, ("ReactJSRCE_BODY",)),
    "AWSManagedRulesAdminProtectionRuleSet": ManagedGroup(
        f"{_AWS}admin-protection:", _pattern("AdminProtection", _SQL_MANAGER, "URIPATH")
    ),
    "AWSManagedRulesSQLiRuleSet": ManagedGroup(f"{_AWS}sql-database:", (), ("all",)),
    "AWSManagedRulesAmazonIpReputationList": ManagedGroup(f"{_AWS}amazon-ip-list:", (), ("all",)),
    "AWSManagedRulesAnonymousIpList": ManagedGroup(f"{_AWS}anonymous-ip-list:", (), ("all",)),
}
NOTHING = ManagedGroup("", ())
"""Stands for a group that is not listed: it never matches either."""
