"""The rules of a web ACL, in the order of their priority, on one request. Pure but for rates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from embedded_cloud.agents.waf.managed_rules import GROUPS, NOTHING, ManagedGroup, ManagedRule
from embedded_cloud.agents.waf.statements import Inspection, Known

ALLOW, BLOCK, COUNT = "ALLOW", "BLOCK", "COUNT"
ACTIONS = {"Allow": ALLOW, "Block": BLOCK, "Count": COUNT}
"""Those that act. A rule with CAPTCHA or a challenge never matches: nobody solves one here."""


@dataclass(frozen=True, kw_only=True)
class RuleGroup:
    """A rule group of one's own."""

    label_namespace: str
    """`awswaf:123456789012:rulegroup:name:`"""
    rules: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class WebAcl:
    """A web ACL as the API stores it, with the rule groups that it refers to by ARN."""

    arn: str
    name: str
    metric: str
    label_namespace: str
    default_action: str
    rules: Sequence[Mapping[str, Any]]
    rule_groups: Mapping[str, RuleGroup] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Match:
    """A rule that matched, and what its action was."""

    rule: str
    action: str
    kind: str = "REGULAR"
    metric: str = ""
    """Empty when the rule has no metrics."""
    statement: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GroupMatch:
    """What matched inside of a rule group."""

    group: str
    """As the log names it: `AWS#AWSManagedRulesCommonRuleSet`, or an ARN."""
    counted: Sequence[str]
    terminating: Match | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    action: str
    terminating: Match | None
    """None when the default action applies."""
    counted: Sequence[Match]
    groups: Sequence[GroupMatch]
    labels: Sequence[str]


@dataclass(frozen=True)
class _GroupRule:
    name: str
    action: str | None
    """None for one that does not act, unless an override replaces it."""
    labels: Sequence[str]
    matches: Callable[[Inspection], Known]


def decide(acl: WebAcl, inspection: Inspection) -> Decision:
    """Return what happens with the request: the first rule that allows or blocks ends its inspection."""
    counted: list[Match] = []
    groups: list[GroupMatch] = []
    for rule in sorted(acl.rules, key=lambda rule: int(rule["Priority"])):
        inside = _group_rules(acl, rule["Statement"])
        if inside is None:
            match = _regular(rule, inspection)
        else:
            match, found = _group(rule, *inside, inspection)
            groups += [found] if found else []
        if match is not None and match.action == COUNT:
            counted.append(match)
        elif match is not None:
            return _decision(match.action, match, counted, groups, inspection)
    return _decision(acl.default_action, None, counted, groups, inspection)


def _decision(
    action: str, terminating: Match | None, counted: list[Match], groups: list[GroupMatch], inspection: Inspection
) -> Decision:
    labels = list(dict.fromkeys(inspection.labels))
    return Decision(action=action, terminating=terminating, counted=counted, groups=groups, labels=labels)


def _regular(rule: Mapping[str, Any], inspection: Inspection) -> Match | None:
    action = action_of(rule.get("Action"))
    if action is None or inspection.matches(rule["Statement"], rule["Name"]) is not True:
        return None
    inspection.labels += _labels(rule, inspection.namespace)
    kind = "RATE_BASED" if rule["Statement"].get("RateBasedStatement") else "REGULAR"
    return Match(rule=rule["Name"], action=action, kind=kind, metric=metric_of(rule), statement=rule["Statement"])


def _group(
    rule: Mapping[str, Any], name: str, statement: Mapping[str, Any], rules: list[_GroupRule], inspection: Inspection
) -> tuple[Match | None, GroupMatch | None]:
    scope = statement.get("ScopeDownStatement")
    if scope and inspection.matches(scope) is not True:
        return None, None
    counted, terminating = _run(rules, _overrides(statement), inspection)
    found = GroupMatch(group=name, counted=counted, terminating=terminating)
    if terminating is None:
        # Rules that only count are no match of their group ("Overriding rule group actions" in the WAF guide).
        return None, found if counted else None
    action = COUNT if "Count" in (rule.get("OverrideAction") or {}) else terminating.action
    kind = "MANAGED_RULE_GROUP" if name.startswith("AWS#") else "GROUP"
    return Match(rule=rule["Name"], action=action, kind=kind, metric=metric_of(rule)), found


def _run(
    rules: list[_GroupRule], overrides: Mapping[str, str | None], inspection: Inspection
) -> tuple[list[str], Match | None]:
    """Return the rules of a group that count, and the one that ends the inspection."""
    counted: list[str] = []
    for one in rules:
        action = overrides.get(one.name, one.action)
        if action is None or one.matches(inspection) is not True:
            continue
        inspection.labels += one.labels
        if action != COUNT:
            return counted, Match(rule=one.name, action=action)
        counted.append(one.name)
    return counted, None


def _overrides(statement: Mapping[str, Any]) -> dict[str, str | None]:
    """Actions by rule that replace those of the group; None for one that does not act here."""
    excluded: dict[str, str | None] = {one["Name"]: COUNT for one in statement.get("ExcludedRules") or ()}
    chosen = {one["Name"]: action_of(one["ActionToUse"]) for one in statement.get("RuleActionOverrides") or ()}
    return {**excluded, **chosen}


def _group_rules(acl: WebAcl, statement: Mapping[str, Any]) -> tuple[str, Mapping[str, Any], list[_GroupRule]] | None:
    """Return name, statement and rules of a rule group; None for another statement."""
    if managed := statement.get("ManagedRuleGroupStatement"):
        group = GROUPS.get(managed["Name"], NOTHING) if managed["VendorName"] == "AWS" else NOTHING
        rules = [_managed(group, one) for one in group.rules]
        return f"{managed['VendorName']}#{managed['Name']}", managed, rules
    if referred := statement.get("RuleGroupReferenceStatement"):
        own = acl.rule_groups.get(referred["ARN"])
        return str(referred["ARN"]), referred, [_own(one, own.label_namespace) for one in own.rules] if own else []
    return None


def _managed(group: ManagedGroup, rule: ManagedRule) -> _GroupRule:
    label = f"{group.namespace}{rule.label}"
    return _GroupRule(rule.name, BLOCK, (label,), lambda inspection: rule.matches(inspection.request))


def _own(rule: Mapping[str, Any], namespace: str) -> _GroupRule:
    def matches(inspection: Inspection) -> Known:
        return replace(inspection, namespace=namespace).matches(rule["Statement"], rule["Name"])

    return _GroupRule(rule["Name"], action_of(rule.get("Action")), _labels(rule, namespace), matches)


def _labels(rule: Mapping[str, Any], namespace: str) -> list[str]:
    return [f"{namespace}{one['Name']}" for one in rule.get("RuleLabels") or ()]


def action_of(action: Mapping[str, Any] | None) -> str | None:
    """Return the action that an API member sets; None for one that does not act here."""
    return next((ACTIONS[key] for key in action or () if key in ACTIONS), None)


def metric_of(rule: Mapping[str, Any]) -> str:
    """Return the metric name of a rule or web ACL; empty without metrics."""
    visible = rule.get("VisibilityConfig") or {}
    return str(visible.get("MetricName", "")) if visible.get("CloudWatchMetricsEnabled") else ""


def metrics(acl: WebAcl, decision: Decision) -> list[tuple[str, str]]:
    """Return name and dimension `Rule` of each metric that the decision raises by one.

    docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
    """
    name = "BlockedRequests" if decision.action == BLOCK else "AllowedRequests"
    terminating = decision.terminating.metric if decision.terminating else "Default_Action"
    found = [(name, terminating), (name, "ALL") if acl.metric else (name, "")]
    found += [("CountedRequests", match.metric) for match in decision.counted]
    if decision.counted and acl.metric:
        found.append(("CountedRequests", "ALL"))
    return [(metric, rule) for metric, rule in found if rule and (rule != "Default_Action" or acl.metric)]
