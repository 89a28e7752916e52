"""Autoscaling of the service by CPU utilization, and by requests for each task."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    """Arguments of autoscaling."""

    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    min_tasks: int
    max_tasks: int
    cpu_percent: int
    """Target for the average CPU utilization of the tasks."""
    requests_per_target: int
    """Target for the requests a minute of one task; 0 scales by CPU alone."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """app/name/id."""
    target_group_arn_suffix: pulumi.Input[str]
    """targetgroup/name/id."""


class Scaling(pulumi.ComponentResource):
    """Target tracking; the service gets the larger of the two task counts.

    Cooldowns are 60 s for adding and 300 s for removing tasks. CPU does not rise while requests wait for a database or
    another service and occupy all threads; the number of requests does.
    """

    def __init__(self, name: str, args: ScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Scaling", name, None, opts)
        self._name = name
        self._target = aws.appautoscaling.Target(
            f"{name}-tasks",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.concat("service/", args.cluster_name, "/", args.service_name),
            min_capacity=args.min_tasks,
            max_capacity=args.max_tasks,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._track("by-cpu", args.cpu_percent, {"predefined_metric_type": "ECSServiceAverageCPUUtilization"})
        if args.requests_per_target:
            label = pulumi.Output.concat(args.load_balancer_arn_suffix, "/", args.target_group_arn_suffix)
            metric = {"predefined_metric_type": "ALBRequestCountPerTarget", "resource_label": label}
            self._track("by-requests", args.requests_per_target, metric)
        self.register_outputs({"resource_id": self._target.resource_id})

    def _track(self, policy: str, value: int, metric: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html"""
        aws.appautoscaling.Policy(
            f"{self._name}-{policy}",
            policy_type="TargetTrackingScaling",
            service_namespace=self._target.service_namespace,
            scalable_dimension=self._target.scalable_dimension,
            resource_id=self._target.resource_id,
            target_tracking_scaling_policy_configuration={
                "predefined_metric_specification": metric,
                "target_value": float(value),
                "scale_out_cooldown": 60,
                # Slower than scale-out: an extra task costs cents, a missing one costs visitors.
                "scale_in_cooldown": 300,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
