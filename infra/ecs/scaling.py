"""Autoscaling of a service by CPU utilization, requests or waiting jobs for each task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class Target:
    """A metric that scaling holds at a value, as the arguments of target tracking."""

    value: int
    metric: Mapping[str, Any]


def cpu(percent: int) -> Target:
    """Average CPU utilization of the tasks.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
    """
    return _predefined(percent, {"predefined_metric_type": "ECSServiceAverageCPUUtilization"})


def requests(
    per_task: int, load_balancer_arn_suffix: pulumi.Input[str], target_group_arn_suffix: pulumi.Input[str]
) -> Target:
    """Requests a minute of one task. CPU does not rise while they wait for a database and occupy all threads."""
    label = pulumi.Output.concat(load_balancer_arn_suffix, "/", target_group_arn_suffix)
    return _predefined(per_task, {"predefined_metric_type": "ALBRequestCountPerTarget", "resource_label": label})


def backlog(per_task: int, jobs: Mapping[str, Any], tasks: Mapping[str, Any]) -> Target:
    """Waiting jobs for each running task; both are statistics of a metric.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
    """
    metrics = [
        {"id": "jobs", "metric_stat": jobs, "return_data": False},
        {"id": "tasks", "metric_stat": tasks, "return_data": False},
        {"id": "backlog", "expression": "jobs / tasks", "return_data": True},
    ]
    return Target(per_task, {"customized_metric_specification": {"metrics": metrics}})


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    """Arguments of autoscaling."""

    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    min_tasks: int
    max_tasks: int
    targets: Mapping[str, Target]
    """By the end of the policy's logical name, such as `cpu`."""


class Scaling(pulumi.ComponentResource):
    """Target tracking; the service gets the largest of the task counts that the targets ask for.

    Cooldowns are 60 s for adding and 300 s for removing tasks.
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
            # A rollback suspends the scaling of a process that its release does not have.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["suspended_state"]),
        )
        for kind, target in args.targets.items():
            self._track(f"by-{kind}", target)
        self.register_outputs({"resource_id": self._target.resource_id})

    def _track(self, policy: str, target: Target) -> None:
        aws.appautoscaling.Policy(
            f"{self._name}-{policy}",
            policy_type="TargetTrackingScaling",
            service_namespace=self._target.service_namespace,
            scalable_dimension=self._target.scalable_dimension,
            resource_id=self._target.resource_id,
            target_tracking_scaling_policy_configuration={
                **target.metric,
                "target_value": float(target.value),
                "scale_out_cooldown": 60,
                # Slower than scale-out: an extra task costs cents, a missing one costs visitors.
                "scale_in_cooldown": 300,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )


def _predefined(value: int, metric: Mapping[str, Any]) -> Target:
    return Target(value, {"predefined_metric_specification": metric})
