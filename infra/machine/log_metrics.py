"""Visitors' errors and waits as metrics, taken from nginx's own log: a machine has no load balancer that counts."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.machine.watch import FILTERS


@dataclass(frozen=True, kw_only=True)
class LogMetricsArgs:
    """Where the lines are."""

    log_group: pulumi.Input[str]


class LogMetrics(pulumi.ComponentResource):
    """A metric filter for each; the namespace is the stack's own, because a line names no stack."""

    namespace: str

    def __init__(self, name: str, args: LogMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:LogMetrics", name, None, opts)
        self.namespace = f"Preqly/{pulumi.get_project()}-{pulumi.get_stack()}"
        for metric, (pattern, value) in FILTERS.items():
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{metric.lower()}",
                log_group_name=args.log_group,
                pattern=pattern,
                metric_transformation={"name": metric, "namespace": self.namespace, "value": value},
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"namespace": self.namespace})
