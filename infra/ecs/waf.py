"""AWS WAF web ACL of the load balancer, with AWS managed rules and a log of blocked requests."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

MANAGED_RULES = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
)

COUNT_ONLY = {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",)}
"""Rules that only count, because they block legitimate requests: this one blocks bodies over 8 KB, such as pictures."""


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """Arguments of the web ACL."""

    load_balancer_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    retention_days: int


class WebAcl(pulumi.ComponentResource):
    """Allows every request that no managed rule blocks."""

    def __init__(self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:WebAcl", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=[_managed(rule, priority) for priority, rule in enumerate(MANAGED_RULES)],
            visibility_config=_visibility("WebAcl"),
            opts=child,
        )
        aws.wafv2.WebAclAssociation(
            f"{name}-on-balancer", web_acl_arn=acl.arn, resource_arn=args.load_balancer_arn, opts=child
        )
        self._log_blocked(name, acl.arn, args)
        self.register_outputs({"web_acl_arn": acl.arn})

    def _log_blocked(self, name: str, acl_arn: pulumi.Output[str], args: WebAclArgs) -> None:
        """Log requests that a rule blocked or counted, without their credentials."""
        log = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name_prefix="aws-waf-logs-",  # required by WAF
            retention_in_days=args.retention_days,
            kms_key_id=args.key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{name}-log",
            resource_arn=acl_arn,
            log_destination_configs=[log.arn],
            redacted_fields=[{"single_header": {"name": header}} for header in ("authorization", "cookie")],
            logging_filter={
                "default_behavior": "DROP",
                "filters": [
                    {
                        "behavior": "KEEP",
                        "requirement": "MEETS_ANY",
                        "conditions": [{"action_condition": {"action": action}} for action in ("BLOCK", "COUNT")],
                    }
                ],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )


def _managed(rule: str, priority: int) -> dict[str, Any]:
    overrides = [{"name": name, "action_to_use": {"count": {}}} for name in COUNT_ONLY.get(rule, ())]
    group = {"vendor_name": "AWS", "name": rule, "rule_action_overrides": overrides}
    return {
        "name": rule,
        "priority": priority,
        "override_action": {"none": {}},
        "statement": {"managed_rule_group_statement": group},
        "visibility_config": _visibility(rule),
    }


def _visibility(metric: str) -> dict[str, Any]:
    return {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True, "metric_name": metric}
