"""CloudWatch log groups: one for the application's containers, one for the VPC flow log."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class LogGroupsArgs:
    """Arguments of the log groups."""

    key_arn: pulumi.Input[str]
    retention_days: int
    protect: bool
    """Whether `pulumi destroy` leaves the groups in the account, as evidence of why the stack was deleted."""


class LogGroups(pulumi.ComponentResource):
    """The stack's log groups, encrypted with the stack's key."""

    log_group_name: pulumi.Output[str]
    """Group of the application's containers."""
    log_group_arn: pulumi.Output[str]
    flow_log_group_arn: pulumi.Output[str]

    def __init__(self, name: str, args: LogGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Logs", name, None, opts)
        application = self._group(f"{name}-application", args)
        flow = self._group(f"{name}-network", args)

        self.log_group_name = application.name
        self.log_group_arn = application.arn
        self.flow_log_group_arn = flow.arn
        self.register_outputs(
            {
                "log_group_name": self.log_group_name,
                "log_group_arn": self.log_group_arn,
                "flow_log_group_arn": self.flow_log_group_arn,
            }
        )

    def _group(self, name: str, args: LogGroupsArgs) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            name,
            retention_in_days=args.retention_days,
            kms_key_id=args.key_arn,
            skip_destroy=args.protect,
            opts=pulumi.ResourceOptions(parent=self),
        )
