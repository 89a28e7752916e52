"""Rules of the web ACL: AWS managed rule groups that count until `wafBlocks` names them. Pure: no resources."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CAPACITY = 1500
"""Web ACL capacity units (WCU) that the price of a web ACL includes (docs.aws.amazon.com/waf/latest/developerguide/
aws-waf-capacity-units.html)."""
LONGEST_REGEX = 512
"""Characters of a regular expression in a rule (docs.aws.amazon.com/waf/latest/APIReference/
API_RegexMatchStatement.html)."""


@dataclass(frozen=True, kw_only=True)
class RuleGroup:
    """A managed rule group. Sources of its rules, labels and capacity: AWS WAF developer guide, "Baseline rule groups",
    "Use-case specific rule groups" and "IP reputation rule groups"."""

    name: str
    capacity: int
    """WCU."""
    namespace: str
    """Of its labels, after `awswaf:managed:aws:`."""
    body_rules: tuple[str, ...] = ()
    """Rules that inspect the body. Bytes of a picture match them by chance, so they never block an upload."""
    count_only: tuple[str, ...] = ()
    """Rules that match honest visitors, so they count even when the group blocks."""

    def body_labels(self) -> list[str]:
        """The labels that its body rules add to a request: `..._BODY` adds `..._Body`."""
        return [f"awswaf:managed:aws:{self.namespace}:{rule.removesuffix('BODY')}Body" for rule in self.body_rules]


RULE_GROUPS = (
    RuleGroup(name="AWSManagedRulesAmazonIpReputationList", capacity=25, namespace="amazon-ip-list"),
    RuleGroup(
        name="AWSManagedRulesAnonymousIpList",
        capacity=50,
        namespace="anonymous-ip-list",
        # Webhooks, monitors, CI and company VPNs come from hosting providers.
        count_only=("HostingProviderIPList",),
    ),
    RuleGroup(
        name="AWSManagedRulesCommonRuleSet",
        capacity=700,
        namespace="core-rule-set",
        body_rules=("CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "EC2MetaDataSSRF_BODY"),
        # Matches every body over 8 KB; the proxy limits bodies by path.
        count_only=("SizeRestrictions_BODY",),
    ),
    RuleGroup(
        name="AWSManagedRulesKnownBadInputsRuleSet",
        capacity=200,
        namespace="known-bad-inputs",
        body_rules=("JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY"),
    ),
    RuleGroup(
        name="AWSManagedRulesSQLiRuleSet",
        capacity=200,
        namespace="sql-database",
        body_rules=("SQLi_BODY", "SQLiExtendedPatterns_BODY"),
    ),
)
BODY_RULE = "BodyRulesOutsideUploads"
"""Name of the rule that blocks what a body rule of a blocking group labelled, except on the upload paths."""


def rules(blocks: Collection[str], upload_paths: Sequence[str]) -> list[dict[str, Any]]:
    """The rules of the web ACL, in the order of their evaluation.

    `blocks` are names of groups; the others only count. An upload path that ends in `*` stands for all paths that
    begin so.
    """
    found = [_managed(group, priority, group.name in blocks) for priority, group in enumerate(RULE_GROUPS)]
    labels = [label for group in RULE_GROUPS if group.name in blocks for label in group.body_labels()]
    return [*found, _block_bodies(labels, upload_paths, len(found))] if labels else found


def no_longer_blocking(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[str]:
    """Managed groups that block in the first list of rules, written as the engine holds them, and not in the other."""
    return [name for name in _blocking(before) if name not in _blocking(after)]


def _blocking(found: Sequence[Mapping[str, Any]]) -> list[str]:
    groups = {
        rule["statement"]["managedRuleGroupStatement"]["name"]: rule.get("overrideAction", {})
        for rule in found
        if "managedRuleGroupStatement" in rule.get("statement", {})
    }
    return [name for name, override in groups.items() if "none" in override]


def upload_regex(paths: Sequence[str]) -> str:
    """A regular expression that matches a whole path when it is one of these paths."""
    return "^(" + "|".join(re.escape(path.removesuffix("*")) + ".*" * path.endswith("*") for path in paths) + ")$"


def visibility(metric: str) -> dict[str, Any]:
    """Metrics under this name in CloudWatch, and samples of matched requests."""
    return {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True, "metric_name": metric}


def _managed(group: RuleGroup, priority: int, blocks: bool) -> dict[str, Any]:
    counted = (*group.body_rules, *group.count_only) if blocks else ()
    overrides = [{"name": name, "action_to_use": {"count": {}}} for name in counted]
    managed = {"vendor_name": "AWS", "name": group.name, "rule_action_overrides": overrides}
    return {
        "name": group.name,
        "priority": priority,
        # The whole group counts, so a rule that AWS adds to it counts too.
        "override_action": {"none": {}} if blocks else {"count": {}},
        "statement": {"managed_rule_group_statement": managed},
        "visibility_config": visibility(group.name),
    }


def _block_bodies(labels: list[str], upload_paths: Sequence[str], priority: int) -> dict[str, Any]:
    matches = [{"label_match_statement": {"scope": "LABEL", "key": label}} for label in labels]
    labelled: dict[str, Any] = {"or_statement": {"statements": matches}}
    path = {
        "regex_string": upload_regex(upload_paths),
        "field_to_match": {"uri_path": {}},
        # As the proxy reads the path: otherwise `/upload/../other/` would pass as an upload.
        "text_transformations": [{"priority": 0, "type": "URL_DECODE"}, {"priority": 1, "type": "NORMALIZE_PATH"}],
    }
    elsewhere = {"not_statement": {"statement": {"regex_match_statement": path}}}
    return {
        "name": BODY_RULE,
        "priority": priority,
        "action": {"block": {}},
        "statement": {"and_statement": {"statements": [labelled, elsewhere]}} if upload_paths else labelled,
        "visibility_config": visibility(BODY_RULE),
    }
