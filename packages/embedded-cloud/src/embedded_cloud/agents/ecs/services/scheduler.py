"""The service scheduler of ECS. It starts and stops tasks in moto; the task runner makes them true."""

import time
from datetime import UTC, datetime
from typing import Any

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.services import capacity as ecs_capacity
from embedded_cloud.agents.ecs.services import deployments
from embedded_cloud.agents.ecs.services import events as service_events
from embedded_cloud.agents.ecs.services.rolling_update import Plan, ServiceState, TaskState, plan
from embedded_cloud.agents.ecs.tasks import records, targets
from embedded_cloud.api.moto_patches import ecs_placement

STEADY_SECONDS = 5.0
"""How long a task without a health check has to run before it counts as healthy."""
NO_NETWORK: dict[str, Any] = {"awsvpcConfiguration": {"subnets": [], "securityGroups": []}}


class ServiceScheduler:
    """Moves every service towards its desired count and task definition. Callers hold the cloud's lock."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._clocks = context.config.clocks
        self._retry_at: dict[str, float] = {}
        self._capacity = ecs_capacity.Capacity(context.config.state_dir)
        ecs_capacity.apply(self._capacity)

    def reconcile(self) -> None:
        backend = self._context.backend("ecs")
        records.delete_expired(backend)
        for service in list(backend.services.values()):
            tasks = [
                task
                for task in backend.tasks.get(service.cluster_name, {}).values()
                if task.group == f"service:{service.name}"
            ]
            if service.status == "DRAINING":
                self._drain(service, tasks)
            elif service.status == "ACTIVE" and service.deployments:
                self._schedule(backend, service, tasks)

    def _drain(self, service: Any, tasks: list[Any]) -> None:
        left = [task for task in tasks if task.last_status != "STOPPED"]
        for task in left:
            self._stop(task, "Service deleted")
        deployments.count(service, tasks)
        if not left:
            service.status, service.deployments = "INACTIVE", []
            self._context.touch()

    def _schedule(self, backend: Any, service: Any, tasks: list[Any]) -> None:
        if ecs_capacity.bound_desired_count(self._context.backend("application-autoscaling"), service):
            self._context.touch()
        self._stop_unhealthy(service, tasks)
        self._count_failures(service, tasks)
        deployments.apply_circuit_breaker(service)
        state = self._state(service, tasks)
        self._carry_out(backend, service, tasks, plan(state))
        deployments.count(service, tasks)
        healthy = {task.id for task in state.tasks if task.healthy and task.deployment == state.primary}
        if deployments.complete(service, tasks, healthy):
            self._context.touch()

    def _state(self, service: Any, tasks: list[Any]) -> ServiceState:
        primary = service.deployments[0]
        configuration = getattr(service, "deployment_configuration", None) or {}
        failed = primary["rolloutState"] == "FAILED"
        return ServiceState(
            desired=service.desired_count,
            primary=primary["id"],
            tasks=[
                TaskState(
                    id=task.id,
                    deployment=task.started_by,
                    healthy=self._is_healthy(service, task),
                    age=_age(task),
                    to_replace=bool(self._health_failure(service, task)),
                )
                for task in tasks
                if task.desired_status == "RUNNING"
            ],
            minimum_percent=configuration.get("minimumHealthyPercent", 100),
            maximum_percent=configuration.get("maximumPercent", 200),
            may_start=not failed and time.monotonic() >= self._retry_at.get(primary["id"], 0.0),
            primary_failed=failed,
        )

    def _carry_out(self, backend: Any, service: Any, tasks: list[Any], step: Plan) -> None:
        stopping = [task for task in tasks if task.id in step.stop]
        scaled = [task for task in stopping if not self._stop_for_health(service, task)]
        for task in scaled:
            self._stop(task, f"Scaling activity initiated by (deployment {service.deployments[0]['id']})")
        if scaled:
            service_events.stopped(service, scaled)
        count = self._capacity.allows(backend, step.start)
        if count:
            started = self._start(backend, service, count)
            tasks.extend(started)
            service_events.started(service, started)
            self._context.touch()
        if count < step.start:
            service_events.unplaced(service, ecs_capacity.UNAVAILABLE)
            self._record_failure(service)

    def _start(self, backend: Any, service: Any, count: int) -> list[Any]:
        primary = service.deployments[0]
        definition = backend.describe_task_definition(primary["taskDefinition"])
        tags = list(service.tags or []) if service.propagate_tags == "SERVICE" else []
        tags += list(definition.tags or []) if service.propagate_tags == "TASK_DEFINITION" else []
        group = f"service:{service.name}"
        others = ecs_placement.siblings(backend, service.cluster_name, group, primary["id"])
        started: list[Any] = backend.run_task(
            service.cluster_name,
            primary["taskDefinition"],
            count,
            overrides=None,
            started_by=primary["id"],
            tags=tags,
            launch_type="FARGATE",
            networking_configuration=service.network_configuration or NO_NETWORK,
            group=group,
            platform_version=service.platform_version,
        )
        if strategy := getattr(service, "capacity_provider_strategy", None):
            ecs_placement.assign_providers(started, strategy, others)
        for task in started:
            task.enable_execute_command = getattr(service, "enable_execute_command", False)
        return started

    def _stop(self, task: Any, reason: str) -> None:
        if task.desired_status != "STOPPED":
            records.request_stop(task, reason, "ServiceSchedulerInitiated")
            self._context.touch()

    def _is_healthy(self, service: Any, task: Any) -> bool:
        if task.last_status != "RUNNING" or not targets.are_healthy(self._elb, service, task):
            return False
        if deployments.has_health_checks(self._context.backend("ecs"), task):
            return bool(task.health_status == "HEALTHY")
        return bool(service.load_balancers) or _running_seconds(task) >= self._clocks.shortened(STEADY_SECONDS)

    def _stop_unhealthy(self, service: Any, tasks: list[Any]) -> None:
        """Stop tasks that never got healthy; the plan replaces those that were."""
        for task in tasks:
            if not getattr(task, "was_healthy", False):
                self._stop_for_health(service, task)

    def _stop_for_health(self, service: Any, task: Any) -> bool:
        """Stop a task whose health checks fail; returns whether they do."""
        reason = self._health_failure(service, task)
        if not reason:
            return False
        self._stop(task, reason)
        if task.health_status == "UNHEALTHY":
            service_events.unhealthy_container(service, task)
        elif found := targets.unhealthy_group(self._elb, service, task):
            service_events.unhealthy_target(service, task, *found)
        return True

    def _health_failure(self, service: Any, task: Any) -> str:
        """Which health checks of a running task fail, as its stop reason; empty in the grace period."""
        grace = getattr(service, "health_check_grace_period_seconds", None) or 0
        if task.last_status != "RUNNING" or task.desired_status != "RUNNING" or _running_seconds(task) < grace:
            return ""
        if task.health_status == "UNHEALTHY":
            return "Task failed container health checks"
        found = targets.unhealthy_group(self._elb, service, task)
        return f"Task failed ELB health checks in (target-group {found[0]})" if found else ""

    def _count_failures(self, service: Any, tasks: list[Any]) -> None:
        """Count the primary deployment's failures in a row: each task counts once, a healthy task resets the count."""
        primary = service.deployments[0]
        for task in tasks:
            if task.started_by != primary["id"]:
                continue
            if task.desired_status == "RUNNING" and not getattr(task, "was_healthy", False):
                if self._is_healthy(service, task):
                    task.was_healthy, primary["failedTasks"] = True, 0
            elif deployments.has_failed(task) and not getattr(task, "failure_counted", False):
                task.failure_counted = True
                self._record_failure(service)

    def _record_failure(self, service: Any) -> None:
        """Count a task of the primary deployment that failed or could not be placed."""
        primary = service.deployments[0]
        primary["failedTasks"] += 1
        if primary["failedTasks"] == deployments.BREAKER_LEAST:
            service_events.failing(service)
        backoff = deployments.backoff_seconds(primary["failedTasks"])
        self._retry_at[primary["id"]] = time.monotonic() + self._clocks.shortened(backoff)
        self._context.touch()

    @property
    def _elb(self) -> Any:
        return self._context.backend("elbv2")


def _running_seconds(task: Any) -> float:
    started: datetime | None = getattr(task, "started_at", None)
    return (datetime.now(UTC) - started).total_seconds() if started else 0.0


def _age(task: Any) -> float:
    return float((datetime.now(UTC) - task.created_at).total_seconds())
