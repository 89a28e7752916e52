"""Autoscaling of the service by CPU utilization."""

from dataclasses import dataclass

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


class Scaling(pulumi.ComponentResource):
    """Target tracking; cooldowns are 60 s for adding and 300 s for removing tasks."""

    def __init__(self, name: str, args: ScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Scaling", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        target = aws.appautoscaling.Target(
            f"{name}-tasks",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.concat("service/", args.cluster_name, "/", args.service_name),
            min_capacity=args.min_tasks,
            max_capacity=args.max_tasks,
            opts=child,
        )
        aws.appautoscaling.Policy(
            f"{name}-by-cpu",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "predefined_metric_specification": {"predefined_metric_type": "ECSServiceAverageCPUUtilization"},
                "target_value": float(args.cpu_percent),
                "scale_out_cooldown": 60,
                # Slower than scale-out: an extra task costs cents, a missing one costs visitors.
                "scale_in_cooldown": 300,
            },
            opts=child,
        )
        self.register_outputs({"resource_id": target.resource_id})
