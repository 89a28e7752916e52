"""Rules of a web ACL on one request: what blocks, what counts, and what is not known here."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from embedded_cloud.agents.waf.log_record import keeps, record
from embedded_cloud.agents.waf.managed_rules import GROUPS
from embedded_cloud.agents.waf.rates import Rates
from embedded_cloud.agents.waf.request import BODY_LIMIT, WebRequest
from embedded_cloud.agents.waf.statements import Inspection
from embedded_cloud.agents.waf.web_acl import Decision, Match, RuleGroup, WebAcl, decide, metrics
from embedded_cloud.api.regular_expressions import compiled

CORE, BAD_INPUTS = "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"
BROWSER = [("host", "app.example.com"), ("user-agent", "Mozilla/5.0"), ("cookie", "sessionid=abc; csrftoken=def")]
NAMESPACE = "awswaf:123456789012:webacl:front:"
GROUP_NAMESPACE = "awswaf:123456789012:rulegroup:own:"
BLOCK: dict[str, Any] = {"Block": {}}
LAST = {"PositionalConstraint": "EXACTLY", "SearchString": base64.b64encode(b"x-last").decode()}
USE_GROUP: dict[str, Any] = {
    "Name": "own",
    "Priority": 0,
    "Statement": {"RuleGroupReferenceStatement": {"ARN": "arn:group"}},
    "OverrideAction": {"None": {}},
}


def request(*more: tuple[str, str], **parts: Any) -> WebRequest:
    known: dict[str, Any] = {"client": "203.0.113.9", "headers": [*BROWSER, *more], "path": "/films", **parts}
    return WebRequest(**known)


def inspection(one: WebRequest, **more: Any) -> Inspection:
    options: dict[str, Any] = {"rates": Rates(), "now": 0, **more}
    return Inspection(request=one, namespace=NAMESPACE, **options)


def rule(name: str, statement: Mapping[str, Any], priority: int = 0, **more: Any) -> dict[str, Any]:
    visible = {"CloudWatchMetricsEnabled": True, "MetricName": f"{name}-metric", "SampledRequestsEnabled": True}
    return {"Name": name, "Priority": priority, "Statement": statement, "VisibilityConfig": visible, **more}


def managed(name: str, override: str = "None", priority: int = 0, **more: Any) -> dict[str, Any]:
    statement = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name, **more}}
    return rule(name, statement, priority, OverrideAction={override: {}})


def acl(*rules: Mapping[str, Any], default: str = "ALLOW", **more: Any) -> WebAcl:
    known: dict[str, Any] = {"arn": "arn:aws:wafv2:us-east-1:1:regional/webacl/front/1", "name": "front", "metric": "f"}
    return WebAcl(**known, label_namespace=NAMESPACE, default_action=default, rules=rules, **more)


def decided(one: WebRequest, *rules: Mapping[str, Any]) -> Decision:
    return decide(acl(*rules), inspection(one))


def matching(one: WebRequest, group: str) -> list[str]:
    return [found.name for found in GROUPS[group].rules if found.matches(one)]


def test_an_ordinary_request_matches_no_managed_rule() -> None:
    ordinary = [
        request(),
        request(path="/static/app.css", query="v=1.2.3"),
        request(path="/films/1/login", query="next=/films/%3Fpage%3D2&ini=a.initial"),
        request(("referer", "https://app.example.com/x/../y"), method="POST", body="title=A+log.+of+ini", body_size=20),
        request(query="url=https://example.com/a&ip=10.0.0.1"),
        request(body="x" * BODY_LIMIT, body_size=BODY_LIMIT),
    ]
    for group in GROUPS:
        assert [matching(one, group) for one in ordinary] == [[]] * len(ordinary), group


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (request(headers=[("host", "app.example.com")]), ["NoUserAgent_HEADER"]),
        (request(headers=[("user-agent", "Nessus SOAP")]), ["UserAgent_BadBots_HEADER"]),
        (request(query="a" * 2049), ["SizeRestrictions_QUERYSTRING"]),
        (request(query="a" * 2048), []),
        (request(("cookie", "a" * 10_241)), ["SizeRestrictions_Cookie_HEADER"]),
        (request(("cookie", "a" * 10_240)), []),
        (request(body_size=8193), ["SizeRestrictions_BODY"]),
        (request(path="/" + "a" * 1024), ["SizeRestrictions_URIPATH"]),
        (request(path="/" + "a" * 1023), []),
        (request(query="u=169.254.169.254/latest"), ["EC2MetaDataSSRF_QUERYARGUMENTS"]),
        (request(query="u=http%3A%2F%2F10.0.0.1%2F"), ["GenericRFI_QUERYARGUMENTS"]),
        (request(query="file=..%2f..%2fetc"), ["GenericLFI_QUERYARGUMENTS"]),
        (request(path="/a/../../b"), ["GenericLFI_URIPATH"]),
        (request(path="/debug.log"), ["RestrictedExtensions_URIPATH"]),
        (request(body="file://10.0.0.1/x"), ["GenericRFI_BODY"]),
        (request(query="q=%3Cscript%3Ealert(1)"), ["CrossSiteScripting_QUERYARGUMENTS"]),
        (request(("cookie", "a=<script>")), ["CrossSiteScripting_COOKIE"]),
    ],
)
def test_the_core_rule_set_finds_what_aws_describes(one: WebRequest, names: list[str]) -> None:
    assert matching(one, CORE) == names


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (request(("x-api", "${jndi:ldap://example.com/}")), ["Log4JRCE_HEADER"]),
        (request(query="q=%24%7Bjndi:ldap://example.com/%7D"), ["Log4JRCE_QUERYSTRING"]),
        (request(query="q=jndi:ldap"), []),
        (request(path="/WEB-INF/web.xml"), ["ExploitablePaths_URIPATH"]),
        (request(method="PROPFIND"), ["PROPFIND_METHOD"]),
        (request(headers=[("host", "localhost")]), ["Host_localhost_HEADER"]),
        (request(headers=[("host", "localhost:8443")], published=True), []),
        (request(body='(java.lang.Runtime).getRuntime().exec("whoami")'), ["JavaDeserializationRCE_BODY"]),
    ],
)
def test_known_bad_inputs_are_found(one: WebRequest, names: list[str]) -> None:
    assert matching(one, BAD_INPUTS) == names


def test_a_group_blocks_and_counts_when_it_is_overridden() -> None:
    bad = request(method="PROPFIND")
    assert decided(bad, managed(BAD_INPUTS)).action == "BLOCK"
    counting = decided(bad, managed(BAD_INPUTS, "Count"))
    assert (counting.action, [one.rule for one in counting.counted]) == ("ALLOW", [BAD_INPUTS])
    assert counting.labels == ["awswaf:managed:aws:known-bad-inputs:Propfind_Method"]


@pytest.mark.parametrize(
    "override",
    [
        {"RuleActionOverrides": [{"Name": "PROPFIND_METHOD", "ActionToUse": {"Count": {}}}]},
        {"ExcludedRules": [{"Name": "PROPFIND_METHOD"}]},
    ],
)
def test_a_rule_of_a_group_counts_alone_and_the_next_one_blocks(override: dict[str, Any]) -> None:
    found = decided(request(method="PROPFIND"), managed(BAD_INPUTS, **override))
    assert (found.action, found.groups[0].counted) == ("ALLOW", ["PROPFIND_METHOD"])
    # The group itself counts nothing.
    assert found.counted == []
    assert "CountedRequests" not in dict(metrics(acl(), found))
    both = decided(request(method="PROPFIND", path="/web-inf"), managed(BAD_INPUTS, **override))
    assert both.terminating is not None
    assert (both.action, both.groups[0].terminating.rule if both.groups[0].terminating else "") == (
        "BLOCK",
        "ExploitablePaths_URIPATH",
    )


def test_a_group_inspects_what_its_scope_has_only() -> None:
    scope = {"SizeConstraintStatement": size("UriPath", "GT", 20)}
    scoped = managed(BAD_INPUTS, ScopeDownStatement=scope)
    assert decided(request(method="PROPFIND"), scoped).action == "ALLOW"
    assert decided(request(method="PROPFIND", path="/" * 21), scoped).action == "BLOCK"


def own_group(*rules: Mapping[str, Any]) -> dict[str, RuleGroup]:
    return {"arn:group": RuleGroup(label_namespace=GROUP_NAMESPACE, rules=rules)}


def long_path(name: str = "long", **more: Any) -> dict[str, Any]:
    """A rule that matches paths of more than 20 bytes."""
    return rule(name, {"SizeConstraintStatement": size("UriPath", "GT", 20)}, **more)


def labelled(key: str, scope: str = "LABEL") -> dict[str, Any]:
    return {"LabelMatchStatement": {"Scope": scope, "Key": key}}


def test_a_rule_group_of_ones_own_acts_with_its_labels() -> None:
    inside = long_path(Action=BLOCK, RuleLabels=[{"Name": "a:b"}])
    with_group = acl(USE_GROUP, rule_groups=own_group(inside))
    assert decide(with_group, inspection(request())).action == "ALLOW"
    found = decide(with_group, inspection(request(path="/" * 21)))
    assert (found.action, found.labels, found.groups[0].group) == ("BLOCK", [f"{GROUP_NAMESPACE}a:b"], "arn:group")


def test_a_rule_of_a_group_finds_the_labels_of_its_group_without_a_prefix_and_one_outside_needs_it() -> None:
    counted = long_path(Action={"Count": {}}, RuleLabels=[{"Name": "a:b"}])
    inside = own_group(counted, rule("inside", labelled("a:b"), 1, Action=BLOCK))
    assert decide(acl(USE_GROUP, rule_groups=inside), inspection(request(path="/" * 21))).action == "BLOCK"
    for key, action in (("a:b", "ALLOW"), (f"{GROUP_NAMESPACE}a:b", "BLOCK")):
        outside = acl(USE_GROUP, rule("outside", labelled(key), 1, Action=BLOCK), rule_groups=own_group(counted))
        assert decide(outside, inspection(request(path="/" * 21))).action == action


@pytest.mark.parametrize(
    ("scope", "key", "found"),
    [
        ("LABEL", "utf8", True),
        ("LABEL", "encoding:utf8", True),
        ("LABEL", "header:encoding:utf8", True),
        ("LABEL", f"{NAMESPACE}header:encoding:utf8", True),
        ("LABEL", f"{NAMESPACE}utf8", False),
        ("LABEL", "coding:utf8", False),
        ("LABEL", "encoding", False),
        ("NAMESPACE", "header:encoding:", True),
        ("NAMESPACE", "encoding:", True),
        ("NAMESPACE", f"{NAMESPACE}header:", True),
        ("NAMESPACE", f"{NAMESPACE}head", False),
        ("NAMESPACE", "utf8", False),
        ("NAMESPACE", "webacl:", False),
        ("NAMESPACE", "awswaf:444455556666:webacl:front:header:", False),
    ],
)
def test_labels_match_as_in_the_examples_of_aws(scope: str, key: str, found: bool) -> None:
    """WAF developer guide, "Label match examples"."""
    one = inspection(request(), labels=[f"{NAMESPACE}header:encoding:utf8"])
    assert one.matches(labelled(key, scope)) is found
    elsewhere = f"{GROUP_NAMESPACE}header:encoding:utf8"
    assert inspection(request(), labels=[elsewhere]).matches(labelled(key, scope)) is False


def test_a_rule_that_does_not_act_acts_when_an_override_says_so() -> None:
    override = [{"Name": "long", "ActionToUse": BLOCK}]
    groups = own_group(long_path(Action={"Captcha": {}}))
    for more, action in (({}, "ALLOW"), ({"RuleActionOverrides": override}, "BLOCK")):
        statement = {"RuleGroupReferenceStatement": {"ARN": "arn:group", **more}}
        using = acl({**USE_GROUP, "Statement": statement}, rule_groups=groups)
        assert decide(using, inspection(request(path="/" * 21))).action == action


def test_a_group_that_aws_does_not_describe_never_matches() -> None:
    for name in ("AWSManagedRulesAnonymousIpList", "AWSManagedRulesBotControlRuleSet"):
        assert decided(request(method="PROPFIND"), managed(name)).action == "ALLOW"


def test_rules_apply_in_the_order_of_their_priority() -> None:
    allow = rule("own", {"SizeConstraintStatement": size("UriPath", "GT", 0)}, 0, Action={"Allow": {}})
    bad = request(method="PROPFIND")
    assert decided(bad, managed(BAD_INPUTS, priority=1), allow).action == "ALLOW"
    assert decided(bad, managed(BAD_INPUTS, priority=1), {**allow, "Priority": 2}).action == "BLOCK"


def test_a_label_of_a_counted_rule_blocks_outside_of_some_paths() -> None:
    """What docs/waf.md of a user of this package does with bodies and uploads."""
    label = {"LabelMatchStatement": {"Scope": "LABEL", "Key": "awswaf:managed:aws:core-rule-set:GenericRFI_Body"}}
    normal = [{"Priority": 0, "Type": "URL_DECODE"}, {"Priority": 1, "Type": "NORMALIZE_PATH"}]
    path = {"RegexString": "^(/upload/.*)$", "FieldToMatch": {"UriPath": {}}, "TextTransformations": normal}
    elsewhere = {"NotStatement": {"Statement": {"RegexMatchStatement": path}}}
    block = rule("bodies", {"AndStatement": {"Statements": [label, elsewhere]}}, 9, Action=BLOCK)
    counted = [{"Name": "GenericRFI_BODY", "ActionToUse": {"Count": {}}}]
    rules = (managed(CORE, RuleActionOverrides=counted), block)
    body = "file://10.0.0.1/x"
    assert decided(request(body=body), *rules).action == "BLOCK"
    assert decided(request(body=body, path="/upload/1"), *rules).action == "ALLOW"
    assert decided(request(body=body, path="/upload/%2e%2e/films"), *rules).action == "BLOCK"
    assert decided(request(), *rules).action == "ALLOW"


@pytest.mark.parametrize(
    "statement",
    [
        {"GeoMatchStatement": {"CountryCodes": ["US"]}},
        {"SqliMatchStatement": {"FieldToMatch": {"Body": {}}, "TextTransformations": []}},
        {"LabelMatchStatement": {"Scope": "LABEL", "Key": "awswaf:managed:aws:bot-control:bot:verified"}},
        {"IPSetReferenceStatement": {"ARN": "unknown"}},
        {"ByteMatchStatement": {"FieldToMatch": {"JsonBody": {}}}},
        {
            "ByteMatchStatement": {
                "FieldToMatch": {"UriPath": {}},
                "TextTransformations": [{"Priority": 0, "Type": "CMD_LINE"}],
            }
        },
        {"XssMatchStatement": {"FieldToMatch": {"UriPath": {}}, "TextTransformations": []}},
    ],
)
def test_what_is_not_known_blocks_neither_itself_nor_its_opposite(statement: dict[str, Any]) -> None:
    for wanted in (statement, {"NotStatement": {"Statement": statement}}):
        assert inspection(request()).matches(wanted) is None
        assert decided(request(), rule("own", wanted, Action=BLOCK)).action == "ALLOW"


def test_known_parts_decide_where_others_are_not_known() -> None:
    unknown = {"GeoMatchStatement": {"CountryCodes": ["US"]}}
    short, long = ({"SizeConstraintStatement": size("UriPath", "GT", number)} for number in (0, 100))
    known = [
        inspection(request()).matches({kind: {"Statements": [unknown, other]}})
        for kind in ("AndStatement", "OrStatement")
        for other in (short, long)
    ]
    assert known == [None, False, True, None]


@pytest.mark.parametrize(
    ("position", "text", "expected"),
    [
        ("EXACTLY", "/films", True),
        ("STARTS_WITH", "/fil", True),
        ("ENDS_WITH", "lms", True),
        ("CONTAINS", "ilm", True),
        ("CONTAINS_WORD", "films", True),
        ("CONTAINS_WORD", "film", False),
        ("EXACTLY", "films", False),
    ],
)
def test_bytes_are_matched_at_their_position(position: str, text: str, expected: bool) -> None:
    search = base64.b64encode(text.encode()).decode()
    details = {"FieldToMatch": {"UriPath": {}}, "PositionalConstraint": position, "SearchString": search}
    assert inspection(request()).matches({"ByteMatchStatement": details}) is expected


def regex(pattern: str) -> dict[str, Any]:
    return {"RegexMatchStatement": {"RegexString": pattern, "FieldToMatch": {"UriPath": {}}, "TextTransformations": []}}


@pytest.mark.parametrize("pattern", ["(unclosed", r"^/films\z", "^/[[:alpha:]]+$", "(*UTF8)films"])
def test_a_pattern_that_is_not_known_here_never_matches_and_other_rules_act(pattern: str) -> None:
    """A snapshot may hold one that the API refuses."""
    assert inspection(request()).matches(regex(pattern)) is None
    block = rule("next", regex("^/films$"), 1, Action=BLOCK)
    assert decided(request(), rule("own", regex(pattern), Action=BLOCK), block).terminating == Match(
        rule="next", action="BLOCK", metric="next-metric", statement=block["Statement"]
    )
    sets = {"arn:known": ["^/x", pattern], "arn:both": [pattern, "^/films"]}
    details = {"FieldToMatch": {"UriPath": {}}, "TextTransformations": []}
    found = [
        inspection(request(), regex_sets=sets).matches({"RegexPatternSetReferenceStatement": {**details, "ARN": arn}})
        for arn in sets
    ]
    assert found == [None, True]


def test_a_pattern_is_compiled_once_and_reads_bytes() -> None:
    known = compiled("^/films$")
    re.purge()
    assert compiled("^/films$") is known
    assert inspection(request(path="/\xe9")).matches(regex(r"^/\w$")) is False


def test_a_header_that_is_not_there_does_not_match() -> None:
    details = {"FieldToMatch": {"SingleHeader": {"Name": "x-key"}}, "ComparisonOperator": "LT", "Size": 5}
    assert inspection(request()).matches({"SizeConstraintStatement": details}) is False
    assert inspection(request(("X-Key", "1234"))).matches({"SizeConstraintStatement": details}) is True


@pytest.mark.parametrize(("handling", "expected"), [("CONTINUE", False), ("MATCH", True), ("NO_MATCH", False)])
def test_a_body_above_the_limit_is_handled_as_the_rule_says(handling: str, expected: bool) -> None:
    details = {"FieldToMatch": {"Body": {"OversizeHandling": handling}}, "ComparisonOperator": "GT", "Size": 9000}
    large = request(body="a" * BODY_LIMIT, body_size=10_000)
    assert inspection(large).matches({"SizeConstraintStatement": details}) is expected


MANY = [(f"x-{number}", "") for number in range(197)]
"""Headers of a browser, three, with which there are 200."""


@pytest.mark.parametrize(
    ("kind", "within", "above"),
    [
        ("Headers", MANY, [*MANY, ("x-last", "")]),
        ("Headers", [("x-long", "a" * 8000)], [("x-long", "a" * 8192)]),
        ("Cookies", [("cookie", "; ".join(["a=1"] * 198))], [("cookie", "; ".join(["a=1"] * 199))]),
        ("Cookies", [("cookie", "a=" + "1" * 8100)], [("cookie", "a=" + "1" * 8192)]),
    ],
)
def test_headers_and_cookies_above_the_limits_are_handled_as_the_rule_says(
    kind: str, within: list[tuple[str, str]], above: list[tuple[str, str]]
) -> None:
    def matches(more: list[tuple[str, str]], handling: str) -> bool | None:
        field = {kind: {"MatchPattern": {"All": {}}, "MatchScope": "ALL", "OversizeHandling": handling}}
        return inspection(request(*more)).matches({"ByteMatchStatement": {**LAST, "FieldToMatch": field}})

    assert [matches(within, handling) for handling in ("MATCH", "NO_MATCH", "CONTINUE")] == [False, False, False]
    assert [matches(above, handling) for handling in ("MATCH", "NO_MATCH", "CONTINUE")] == [True, False, False]


def test_what_is_beyond_the_limits_of_headers_is_not_inspected() -> None:
    attack = "${jndi:ldap://example.com/}"
    assert matching(request(("x-long", attack + "a" * 9000)), BAD_INPUTS) == ["Log4JRCE_HEADER"]
    assert matching(request(("x-long", "a" * 8192 + attack)), BAD_INPUTS) == []
    assert matching(request(*MANY, ("x-last", attack)), BAD_INPUTS) == []
    assert matching(request(*MANY[1:], ("x-last", attack)), BAD_INPUTS) == ["Log4JRCE_HEADER"]


def test_a_rate_is_counted_for_each_client_in_its_window() -> None:
    limit = {"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}
    own = rule("rate", {"RateBasedStatement": limit}, Action=BLOCK)
    rates = Rates()

    def send(client: str, now: float) -> str:
        return decide(acl(own), inspection(request(client=client), rates=rates, now=now)).action

    assert [send("203.0.113.9", second) for second in range(10)] == ["ALLOW"] * 10
    assert send("203.0.113.9", 10) == "BLOCK"
    assert send("203.0.113.10", 10) == "ALLOW"
    assert send("203.0.113.9", 60) == "BLOCK"
    assert send("203.0.113.9", 200) == "ALLOW"


def test_an_address_that_no_longer_asks_is_forgotten_when_its_window_has_passed() -> None:
    rates, statement = Rates(), {"Limit": 10, "EvaluationWindowSec": 60}
    for number in range(1000):
        rates.exceeds("rate", f"10.0.{number // 250}.{number % 250}", statement, now=100)
    rates.exceeds("rate", "203.0.113.9", statement, now=159)
    assert len(rates) == 1001
    rates.exceeds("rate", "203.0.113.9", statement, now=160)
    assert len(rates) == 1


def test_a_blocked_address_is_released_when_its_rate_falls() -> None:
    rates, statement = Rates(), {"Limit": 10, "EvaluationWindowSec": 60}
    assert [rates.exceeds("rate", "a", statement, now=5 * second) for second in range(20)] == [False] * 10 + [True] * 10
    assert [rates.exceeds("rate", "a", statement, now=100 + 10 * second) for second in range(6)][-1] is False


def test_rules_of_the_same_name_and_new_limits_of_a_rule_have_counts_of_their_own() -> None:
    rates = Rates()
    limited = {"RateBasedStatement": {"Limit": 20, "AggregateKeyType": "IP"}}
    counted = own_group(rule("rate", limited, Action={"Count": {}}))
    both = acl(USE_GROUP, rule("rate", limited, 1, Action=BLOCK), rule_groups=counted)
    assert [decide(both, inspection(request(), rates=rates)).action for _ in range(20)] == ["ALLOW"] * 20
    lowered = {"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP"}}
    assert decide(acl(rule("rate", lowered, Action=BLOCK)), inspection(request(), rates=rates)).action == "ALLOW"
    assert decide(both, inspection(request(), rates=rates)).action == "BLOCK"


@pytest.mark.parametrize(
    ("forwarded", "fallback", "expected"),
    [("unknown", "MATCH", True), ("unknown", "NO_MATCH", False), (None, "MATCH", None), ("10.0.0.1", "MATCH", False)],
)
def test_a_forwarded_address_that_is_none_is_handled_as_the_rule_says(
    forwarded: str | None, fallback: str, expected: bool | None
) -> None:
    config = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": fallback}
    statement = {"Limit": 10, "AggregateKeyType": "FORWARDED_IP", "ForwardedIPConfig": config}
    one = request(*([("x-forwarded-for", forwarded)] if forwarded else []))
    assert inspection(one).matches({"RateBasedStatement": statement}) is expected


def test_a_rate_counts_what_its_scope_has_only() -> None:
    scope = {"SizeConstraintStatement": size("UriPath", "GT", 100)}
    own = rule("rate", {"RateBasedStatement": {"Limit": 0, "ScopeDownStatement": scope}}, Action=BLOCK)
    assert decided(request(), own).action == "ALLOW"
    assert decided(request(path="/" * 101), own).action == "BLOCK"


def test_metrics_name_the_rule_that_decides_and_those_that_count() -> None:
    counting = acl(managed(CORE, "Count"), managed(BAD_INPUTS, priority=1))
    bad = request(method="PROPFIND", path="/debug.log")
    assert sorted(metrics(counting, decide(counting, inspection(bad)))) == [
        ("BlockedRequests", "ALL"),
        ("BlockedRequests", f"{BAD_INPUTS}-metric"),
        ("CountedRequests", "ALL"),
        ("CountedRequests", f"{CORE}-metric"),
    ]
    assert metrics(counting, decide(counting, inspection(request()))) == [
        ("AllowedRequests", "Default_Action"),
        ("AllowedRequests", "ALL"),
    ]


def test_the_log_has_the_decision_without_what_is_redacted() -> None:
    counting = acl(managed(BAD_INPUTS, "Count"))
    one = request(method="PROPFIND", query="a=b")
    hidden = [{"SingleHeader": {"Name": "cookie"}}]
    found = json.loads(
        record(counting, one, decide(counting, inspection(one)), source="1-app/x/1", milliseconds=5, redacted=hidden)
    )
    assert (found["action"], found["terminatingRuleId"], found["timestamp"]) == ("ALLOW", "Default_Action", 5)
    assert found["nonTerminatingMatchingRules"] == [{"ruleId": BAD_INPUTS, "action": "COUNT", "ruleMatchDetails": []}]
    assert found["labels"] == [{"name": "awswaf:managed:aws:known-bad-inputs:Propfind_Method"}]
    assert found["ruleGroupList"][0]["terminatingRule"]["ruleId"] == "PROPFIND_METHOD"
    assert {"name": "cookie", "value": "REDACTED"} in found["httpRequest"]["headers"]
    assert (found["httpRequest"]["uri"], found["httpRequest"]["args"]) == ("/films", "a=b")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [([managed(BAD_INPUTS)], True), ([managed(BAD_INPUTS, "Count")], True), ([], False)],
    ids=["blocked", "counted", "allowed"],
)
def test_a_filter_keeps_what_a_rule_matched(rules: Sequence[Mapping[str, Any]], expected: bool) -> None:
    conditions = [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")]
    kept = {"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": conditions}
    chosen = {"DefaultBehavior": "DROP", "Filters": [kept]}
    assert keeps(chosen, decided(request(method="PROPFIND"), *rules)) is expected
    assert keeps(None, decided(request(method="PROPFIND"), *rules)) is True


def size(field: str, operator: str, number: int) -> dict[str, Any]:
    return {"FieldToMatch": {field: {}}, "ComparisonOperator": operator, "Size": number, "TextTransformations": []}
