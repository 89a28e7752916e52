"""The agent of Application Auto Scaling: changes the desired count of ECS services as their policies ask for."""

import time
from typing import Any

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.autoscaling.metric_math import newest_value
from embedded_cloud.agents.autoscaling.service_metrics import ServiceMetrics
from embedded_cloud.agents.autoscaling.target_tracking import PERIOD_SECONDS, History, Policy, decide
from embedded_cloud.agents.ecs.services.capacity import DIMENSION

PREDEFINED = {
    "ECSServiceAverageCPUUtilization": ("AWS/ECS", "CPUUtilization"),
    "ALBRequestCountPerTarget": ("AWS/ApplicationELB", "RequestCountPerTarget"),
}
"""Namespace and name of predefined metrics (docs.aws.amazon.com/autoscaling/application/APIReference/
API_PredefinedMetricSpecification.html)."""


class AutoScalingAgent:
    """Measures each period, then evaluates every policy."""

    name = "autoscaling"

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._metrics = ServiceMetrics(context)
        self._histories: dict[str, History] = {}
        self._measured_at: float | None = None

    def reconcile(self) -> None:
        """Run one pass: nothing until a period is over."""
        now = time.monotonic()
        period = self._context.config.clocks.shortened(PERIOD_SECONDS)
        if self._measured_at is not None and now - self._measured_at < period:
            return
        since = period if self._measured_at is None else now - self._measured_at
        self._measured_at = now
        self._metrics.measure(since)
        with self._context.lock:
            backend = self._context.backend("application-autoscaling")
            for target in list(backend.targets.get(DIMENSION, {}).values()):
                self._scale(backend, target, now * PERIOD_SECONDS / period, period)

    def _scale(self, backend: Any, target: Any, now: float, period: float) -> None:
        service = self._service(target.resource_id)
        if service is None or service.desired_count == 0:
            return
        history = self._histories.setdefault(target.resource_id, History())
        policies = {
            policy.policy_name: Policy.of(policy.target_tracking_scaling_policy_configuration)
            for policy in backend.policies.values()
            if policy.resource_id == target.resource_id and policy.target_tracking_scaling_policy_configuration
        }
        for name, policy in policies.items():
            value = newest_value(self._context.backend("cloudwatch"), self._specification(service, policy), period)
            if value is not None:
                history.add(name, value)
        suspended = target.suspended_state or {}
        deploying = any(one["rolloutState"] == "IN_PROGRESS" for one in service.deployments)
        may_scale_in = not deploying and not suspended.get("DynamicScalingInSuspended", False)
        wanted = decide(service.desired_count, policies, history, now, may_scale_in=may_scale_in)
        wanted = min(max(wanted, int(target.min_capacity)), int(target.max_capacity))
        if wanted > service.desired_count and suspended.get("DynamicScalingOutSuspended", False):
            return
        if wanted != service.desired_count:
            service.desired_count, history.changed_at = wanted, now
            history.values.clear()
            self._context.touch()

    def _service(self, resource_id: str) -> Any:
        _, cluster, name = resource_id.split("/")
        return self._context.backend("ecs").services.get(f"{cluster}:{name}")

    @staticmethod
    def _specification(service: Any, policy: Policy) -> dict[str, Any]:
        """The policy's metric as a customized one."""
        if custom := policy.metric.get("CustomizedMetricSpecification"):
            return dict(custom)
        predefined = policy.metric["PredefinedMetricSpecification"]
        namespace, name = PREDEFINED[predefined["PredefinedMetricType"]]
        dimensions = {"ClusterName": service.cluster_name, "ServiceName": service.name}
        if label := predefined.get("ResourceLabel"):
            # app/<name>/<id>/targetgroup/<name>/<id>
            dimensions = {"TargetGroup": "/".join(label.split("/")[3:])}
        pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        return {"Namespace": namespace, "MetricName": name, "Dimensions": pairs, "Statistic": "Average"}
