"""Stop the services of a stack while its data is replaced, and start them again."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from infra.release.record import ReleaseRecord
from infra.release.reporting import Reporter, short
from infra.release.rollout.deployment import ExpectedDeployment, primary_deployment, wait_for_rollout
from ops.ecs import capacity, schedules
from ops.errors import OpsError
from ops.stack import Stack

POLL_SECONDS = 2
WAIT_SECONDS = 900
"""Longer than `stopTimeout` and the deregistration delay together."""
ACTIVITIES = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


@contextmanager
def stopped_site(stack: Stack, release: ReleaseRecord, report: Reporter) -> Iterator[None]:
    """No service and no schedule runs a task inside this context. Afterwards they do as before, whatever happens.

    Ends when the services are healthy. Raises OpsError when the tasks do not stop, ReleaseError when they do not get
    healthy.
    """
    services = _Services(stack, release)
    before = services.wanted()
    with schedules.paused(stack.session, release.schedule_group, report):
        report("Stopping the site")
        try:
            services.suspend_scaling(True)
            services.stop()
            yield
        finally:
            report("Starting the site")
            # A rollback stops the processes that its release does not have. The site starts also when it is not known.
            with suppress(Exception):
                services.leave_others(stack.history()[-1])
            # Without a wait: a Ctrl-C must not keep the site from starting.
            services.start(before)
            services.suspend_scaling(False)
        services.wait_until_healthy(report)


class _Services:
    def __init__(self, stack: Stack, release: ReleaseRecord) -> None:
        self._session = stack.session
        self._ecs: Any = stack.session.client("ecs")
        self._scaling: Any = stack.session.client("application-autoscaling")
        self._processes = {service: process for process, service in capacity.services(release).items()}
        self._cluster = short(release.cluster)

    def wanted(self) -> dict[str, int]:
        """Number of tasks by service: what is asked for now, at least the minimum of its scaling."""
        minimum = {one["ResourceId"]: one["MinCapacity"] for one in self._targets()}
        return {
            one["serviceName"]: max(one["desiredCount"], minimum.get(self._resource(one["serviceName"]), 0))
            for one in self._described()
        }

    def suspend_scaling(self, suspended: bool) -> None:
        """Keep Application Auto Scaling from starting tasks, or let it again."""
        for target in self._targets():
            self._scaling.register_scalable_target(
                **{name: target[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")},
                SuspendedState=dict.fromkeys(ACTIVITIES, suspended),
            )

    def leave_others(self, release: ReleaseRecord) -> None:
        """Leave services of processes that this release does not have as they are from now on."""
        kept = capacity.services(release)
        self._processes = {service: one for service, one in self._processes.items() if one in kept}

    def start(self, counts: Mapping[str, int]) -> None:
        """Set the number of tasks of each service in a new deployment: the one without tasks counts as complete."""
        for name in self._processes.keys() & counts:
            self._ecs.update_service(
                cluster=self._cluster, service=name, desiredCount=counts[name], forceNewDeployment=counts[name] > 0
            )

    def wait_until_healthy(self, report: Reporter) -> None:
        """Wait until the newest deployment of each service is complete."""
        for service in self._described():
            process = self._processes[service["serviceName"]]
            expected = ExpectedDeployment(
                cluster=self._cluster,
                service=service["serviceName"],
                task_definition=primary_deployment(service)["taskDefinition"],
                process="" if process == capacity.WEB else process,
            )
            wait_for_rollout(self._session, expected, report)

    def stop(self) -> None:
        """Stop all tasks of the services and wait for it."""
        for one in self._described():
            self._ecs.update_service(cluster=self._cluster, service=one["serviceName"], desiredCount=0)
        deadline = time.monotonic() + WAIT_SECONDS
        while running := {one["serviceName"]: one["runningCount"] for one in self._described() if one["runningCount"]}:
            if time.monotonic() > deadline:
                raise OpsError(
                    f"After {WAIT_SECONDS} s the services still run tasks: {running}. `python -m ops status` says why."
                )
            time.sleep(POLL_SECONDS)

    def _described(self) -> list[dict[str, Any]]:
        answer = self._ecs.describe_services(cluster=self._cluster, services=list(self._processes))["services"]
        return [one for one in answer if one["status"] == "ACTIVE"]

    def _resource(self, name: str) -> str:
        return f"service/{self._cluster}/{name}"

    def _targets(self) -> list[dict[str, Any]]:
        targets: list[dict[str, Any]] = self._scaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[self._resource(name) for name in self._processes]
        )["ScalableTargets"]
        return targets
