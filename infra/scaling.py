"""How many tasks run: between two bounds, by how busy their CPUs are."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    """Which service is scaled, and how far."""

    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    min_tasks: int
    max_tasks: int
    cpu_percent: int
    """Average CPU use of all tasks that scaling holds."""


class Scaling(pulumi.ComponentResource):
    """Adds tasks a minute after the CPU rises above the target, and removes them five minutes after it fell."""

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
                # Slower down than up: a task too many costs cents, a task too few costs visitors.
                "scale_in_cooldown": 300,
            },
            opts=child,
        )
        self.register_outputs({"resource_id": target.resource_id})
