"""AWS WAF web ACL of the load balancer, with AWS managed rules and a log of the requests that they match."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import naming
from infra.ecs import waf_rules
from infra.hooks import plain_inputs, reporter_of
from infra.problem import add_command


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """Arguments of the web ACL."""

    load_balancer_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    retention_days: int
    blocks: Sequence[str]
    """Names of the rule groups that block; the others count."""
    upload_paths: Sequence[str]
    """Paths where the body may be a file, so that rules on the body only count."""


class WebAcl(pulumi.ComponentResource):
    """Allows every request that no rule of a blocking group matches."""

    metric_name: str
    """Value of the dimension `WebACL` of its metrics."""

    def __init__(self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:WebAcl", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.metric_name = naming.web_acl_metric(pulumi.get_project(), pulumi.get_stack())
        acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=waf_rules.rules(args.blocks, args.upload_paths),
            visibility_config=waf_rules.visibility(self.metric_name),
            opts=pulumi.ResourceOptions(parent=self, hooks=_name_what_stops_blocking(name, len(args.blocks))),
        )
        aws.wafv2.WebAclAssociation(
            f"{name}-on-balancer", web_acl_arn=acl.arn, resource_arn=args.load_balancer_arn, opts=child
        )
        self._log_matches(name, acl.arn, args)
        self.register_outputs({"web_acl_arn": acl.arn})

    def _log_matches(self, name: str, acl_arn: pulumi.Output[str], args: WebAclArgs) -> None:
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


def _name_what_stops_blocking(name: str, blocking: int) -> pulumi.ResourceHookBinding:
    """Hook that warns, in a preview too, when a group is going to count that blocks now.

    Nobody notices otherwise: the requests that it blocked reach the application. `blocking`: groups in `wafBlocks`.
    """

    async def warn(args: pulumi.ResourceHookArgs) -> None:
        before, after = await plain_inputs(args.old_inputs), await plain_inputs(args.new_inputs)
        if groups := waf_rules.no_longer_blocking(before.get("rules") or [], after.get("rules") or []):
            commands = "; ".join(add_command("waf_blocks", one, at=blocking + n) for n, one in enumerate(groups))
            rule = f"{', '.join(groups)} block requests now and only count them after this update (docs/waf.md)"
            reporter_of(args.urn, pulumi.log.warn)(f"{rule}. To keep them blocking: {commands}")

    hook = pulumi.ResourceHook(f"{name}-blocking", warn, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])
