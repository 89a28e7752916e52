"""Autoscaling of the web service and of the processes beside it."""

from collections.abc import Mapping, Sequence

import pulumi

from infra.ecs import scaling, server
from infra.ecs.load_balancer import LoadBalancer
from infra.ecs.process import Process
from infra.ecs.scaling import Scaling, ScalingArgs
from infra.ecs.web_service import WebService
from infra.observability.metrics import Metric, cache_queue_metric, queue_metric, running_tasks
from infra.settings.settings import Settings


def declare_scaling(
    settings: Settings, load_balancer: LoadBalancer, web: WebService, processes: Sequence[Process]
) -> None:
    """Declare the scaling of the web service, by CPU and by requests, and of each process, by CPU and waiting jobs."""
    _web(settings, load_balancer, web)
    for process in processes:
        _process(process, web)


def waiting_jobs(process: Process) -> Metric | None:
    """The metric of the jobs that wait for a process; None without a queue."""
    backlog = process.backlog
    if backlog and backlog.queue:
        return queue_metric(backlog.queue)
    if backlog and backlog.cache:
        return cache_queue_metric(pulumi.get_project(), pulumi.get_stack(), backlog.cache)
    return None


def _web(settings: Settings, load_balancer: LoadBalancer, web: WebService) -> None:
    targets = {"cpu": scaling.cpu(settings.scale_at_cpu_percent)}
    if per_task := server.requests_per_task(settings.scale_at_requests_per_vcpu, settings.task_cpu):
        targets["requests"] = scaling.requests(
            per_task, load_balancer.load_balancer_arn_suffix, load_balancer.target_group_arn_suffix
        )
    _declare("scaling", web, web.service_name, settings, targets)


def _process(process: Process, web: WebService) -> None:
    service = web.processes[process.name].service_name
    targets = {"cpu": scaling.cpu(process.cpu_percent)} if process.cpu_percent else {}
    if process.backlog and (jobs := waiting_jobs(process)):
        tasks = running_tasks(web.cluster_name, service, "Average")
        targets["backlog"] = scaling.backlog(process.backlog.per_task, jobs.statistics, tasks.statistics)
    _declare(f"scaling-{process.name}", web, service, process, targets)


def _declare(
    name: str,
    web: WebService,
    service: pulumi.Output[str],
    bounds: Settings | Process,
    targets: Mapping[str, scaling.Target],
) -> None:
    args = ScalingArgs(
        cluster_name=web.cluster_name,
        service_name=service,
        min_tasks=bounds.min_tasks,
        max_tasks=bounds.max_tasks,
        targets=targets,
    )
    Scaling(name, args)
