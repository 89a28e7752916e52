"""Records of a web ACL's log, and which of them are kept. Pure.

docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html and logging-management.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from embedded_cloud.agents.waf.rates import aggregation_key
from embedded_cloud.agents.waf.request import WebRequest
from embedded_cloud.agents.waf.web_acl import COUNT, Decision, GroupMatch, Match, WebAcl

REDACTED = "REDACTED"


def keeps(logging_filter: Mapping[str, Any] | None, decision: Decision) -> bool:
    """Return whether the log keeps the record: the first filter that applies decides."""
    if not logging_filter:
        return True
    actions = {decision.action}
    if decision.counted:
        actions.add(COUNT)
    if any(group.counted for group in decision.groups):
        actions |= {COUNT, "EXCLUDED_AS_COUNT"}
    for one in logging_filter.get("Filters") or ():
        met = [_meets(condition, actions, decision.labels) for condition in one["Conditions"]]
        if all(met) if one["Requirement"] == "MEETS_ALL" else any(met):
            return bool(one["Behavior"] == "KEEP")
    return bool(logging_filter["DefaultBehavior"] == "KEEP")


def _meets(condition: Mapping[str, Any], actions: set[str], labels: Sequence[str]) -> bool:
    if wanted := condition.get("ActionCondition"):
        return wanted["Action"] in actions
    return (condition.get("LabelNameCondition") or {}).get("LabelName") in labels


def record(
    acl: WebAcl,
    request: WebRequest,
    decision: Decision,
    *,
    source: str,
    milliseconds: int,
    redacted: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return one record as JSON; `source` is the load balancer as its ARN ends."""
    ended = decision.terminating
    return json.dumps(
        {
            "timestamp": milliseconds,
            "formatVersion": 1,
            "webaclId": acl.arn,
            "terminatingRuleId": ended.rule if ended else "Default_Action",
            "terminatingRuleType": ended.kind if ended else "REGULAR",
            "action": decision.action,
            "terminatingRuleMatchDetails": [],
            "httpSourceName": "ALB",
            "httpSourceId": source,
            "ruleGroupList": [_group(one) for one in decision.groups],
            "rateBasedRuleList": [_rate(one, request) for one in (*decision.counted, ended) if _is_rate(one)],
            "nonTerminatingMatchingRules": [_counted(one.rule) for one in decision.counted],
            "requestHeadersInserted": None,
            "responseCodeSent": None,
            "httpRequest": _request(request, redacted),
            "labels": [{"name": label} for label in decision.labels],
        }
    )


def _counted(rule: str) -> dict[str, Any]:
    return {"ruleId": rule, "action": COUNT, "ruleMatchDetails": []}


def _group(found: GroupMatch) -> dict[str, Any]:
    ended = found.terminating
    return {
        "ruleGroupId": found.group,
        "terminatingRule": {"ruleId": ended.rule, "action": ended.action, "ruleMatchDetails": None} if ended else None,
        "nonTerminatingMatchingRules": [_counted(rule) for rule in found.counted],
        "excludedRules": None,
    }


def _is_rate(match: Match | None) -> bool:
    return match is not None and match.kind == "RATE_BASED"


def _rate(match: Match | None, request: WebRequest) -> dict[str, Any]:
    statement = match.statement["RateBasedStatement"] if match else {}
    return {
        "rateBasedRuleName": match.rule if match else "",
        "limitKey": statement.get("AggregateKeyType", "IP"),
        "maxRateAllowed": int(statement["Limit"]),
        "evaluationWindowSec": str(statement.get("EvaluationWindowSec") or 300),
        "limitValue": aggregation_key(request, statement),
    }


def _request(request: WebRequest, redacted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    hidden = {one["SingleHeader"]["Name"].lower() for one in redacted if one.get("SingleHeader")}
    parts = {key for one in redacted for key, value in one.items() if value is not None}
    headers = [(name, REDACTED if name.lower() in hidden else value) for name, value in request.headers]
    return {
        "clientIp": request.client,
        # No table of countries is at hand.
        "country": "-",
        "headers": [{"name": name, "value": value} for name, value in headers],
        "uri": REDACTED if "UriPath" in parts else request.path,
        "args": REDACTED if "QueryString" in parts else request.query,
        "httpVersion": f"HTTP/{request.version}",
        "httpMethod": REDACTED if "Method" in parts else request.method,
        "requestId": request.request_id,
        "scheme": request.scheme,
        "host": request.header("host") or "",
    }
