"""Measures what AWS measures by itself, and puts it into CloudWatch: CPU and number of tasks, requests, queues."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from docker.errors import APIError, NotFound

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.tasks.containers import ROLE as TASK_ROLE
from embedded_cloud.agents.ecs.tasks.containers import TASK_LABEL
from embedded_cloud.agents.elb.haproxy import ROLE as LOAD_BALANCER_ROLE
from embedded_cloud.agents.elb.haproxy_runtime import RuntimeApiError, requests_of

CPU_UNITS = 1024
KEPT = timedelta(hours=3)
"""How long values stay: longer than any policy or alarm here looks back."""
NANOSECONDS = 1e9


class ServiceMetrics:
    """Values of the time since the last measurement, by service and by target group."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._used: dict[str, float] = {}
        """Seconds of CPU that each container has used."""
        self._requests: dict[str, int] = {}
        """Requests that HAProxy has sent to each target."""

    def measure(self, seconds: float) -> None:
        """Measure everything; `seconds` have passed since the last time. Waits for Docker: do not hold the lock."""
        used = self._cpu_seconds()
        requests = self._new_requests()
        with self._context.lock:
            self._forget()
            backend = self._context.backend("ecs")
            for service in backend.services.values():
                self._publish_service(backend, service, used, seconds)
            for group in self._context.backend("elbv2").target_groups.values():
                self._publish_group(group, requests, seconds)
            for queue in self._context.backend("sqs").queues.values():
                value = float(queue.approximate_number_of_messages)
                self._put("AWS/SQS", "ApproximateNumberOfMessagesVisible", value, QueueName=queue.name)

    def _forget(self) -> None:
        data, oldest = self._context.backend("cloudwatch").metric_data, _now() - KEPT
        data[:] = [one for one in data if one.timestamp.replace(tzinfo=None) > oldest]

    def _cpu_seconds(self) -> dict[str, float]:
        """CPU seconds since the last time, by task."""
        found: dict[str, float] = defaultdict(float)
        before, self._used = self._used, {}
        for container in self._context.docker.containers(TASK_ROLE):
            if container.status != "running":
                continue
            try:
                stats = self._context.docker.client.api.stats(container.id, stream=False, one_shot=True)
            except (APIError, NotFound, ValueError):
                # The container has just gone: the engine answers nothing.
                continue
            used = stats["cpu_stats"]["cpu_usage"].get("total_usage", 0) / NANOSECONDS
            self._used[container.id] = used
            found[container.labels[TASK_LABEL]] += used - before.get(container.id, used)
        return found

    def _new_requests(self) -> dict[str, int]:
        """Requests since the last time, by `ip:port` of the target."""
        before = self._requests
        try:
            containers = self._context.docker.containers(LOAD_BALANCER_ROLE)
            self._requests = requests_of(next(one for one in containers if one.status == "running"))
        except (StopIteration, RuntimeApiError, APIError):
            return {}
        # A restarted HAProxy counts from zero.
        return {
            target: count - before[target] if before.get(target, count + 1) <= count else count if before else 0
            for target, count in self._requests.items()
        }

    def _publish_service(self, backend: Any, service: Any, used: dict[str, float], seconds: float) -> None:
        group = f"service:{service.name}"
        tasks = [
            task
            for task in backend.tasks.get(service.cluster_name, {}).values()
            if task.group == group and task.last_status == "RUNNING"
        ]
        names = {"ClusterName": service.cluster_name, "ServiceName": service.name}
        self._put("ECS/ContainerInsights", "RunningTaskCount", float(len(tasks)), **names)
        shares = [
            100 * used[task.id] / seconds / (int(_cpu_units(backend, task)) / CPU_UNITS)
            for task in tasks
            if task.id in used
        ]
        if shares:
            self._put("AWS/ECS", "CPUUtilization", sum(shares) / len(shares), **names)

    def _publish_group(self, group: Any, requests: dict[str, int], seconds: float) -> None:
        targets = [f"{address}:{target['Port']}" for address, target in group.targets.items()]
        if targets and any(one in requests for one in targets):
            total = sum(requests.get(one, 0) for one in targets) * 60 / seconds
            suffix = group.arn.rpartition(":")[2]
            self._put("AWS/ApplicationELB", "RequestCountPerTarget", total / len(targets), TargetGroup=suffix)

    def _put(self, namespace: str, name: str, value: float, **dimensions: str) -> None:
        pairs: Iterable[dict[str, str]] = [{"Name": key, "Value": one} for key, one in dimensions.items()]
        data = {"MetricName": name, "Value": value, "Dimensions": list(pairs), "Timestamp": _now()}
        self._context.backend("cloudwatch").put_metric_data(namespace, [data])


def _now() -> datetime:
    """UTC without a time zone, as moto compares times."""
    return datetime.now(UTC).replace(tzinfo=None)


def _cpu_units(backend: Any, task: Any) -> str:
    return str((task.overrides or {}).get("cpu") or backend.describe_task_definition(task.task_definition_arn).cpu)
