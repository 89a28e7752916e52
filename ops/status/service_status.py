"""Status of the ECS service: its deployments and tasks, and their health at the load balancer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import boto3
from rich.console import ConsoleRenderable
from rich.markup import escape

from infra.release.record import ReleaseRecord
from infra.release.reporting import short
from infra.release.rollout.task_definitions import TaskDefinition
from ops.ecs.description import ServiceDescription, describe_service
from ops.ecs.task_definitions import describe, release_tag
from ops.output import age, coloured, table
from ops.rollback.release_selection import newest
from ops.status import health
from ops.status.outdated import OLDER, OutdatedTasks


@dataclass(frozen=True, kw_only=True)
class ServiceStatus:
    """The ECS service, compared with the last release on record."""

    release: ReleaseRecord
    """The last on record."""
    service: ServiceDescription
    releases: Mapping[str, str]
    """Name of each task definition in use: `release 5`, or family and revision when it is not on record."""
    outdated: Mapping[str, str]
    """Why a task is outdated, by its identifier."""
    targets: Mapping[str, str]
    """Health by address."""

    @classmethod
    def read(cls, session: boto3.Session, history: Sequence[ReleaseRecord], process: str = "") -> "ServiceStatus":
        """Read the web service, or that of a process, from ECS and the load balancer.

        Raises OpsError when it does not exist.
        """
        release = _of_process(history[-1], process) if process else history[-1]
        service = describe_service(session, release)
        definitions = _definitions(session, service)
        outdated = OutdatedTasks(session, service, definitions)
        return cls(
            release=release,
            service=service,
            releases={arn: _name(history, arn, definition) for arn, definition in definitions.items()},
            outdated={task.identifier: reason for task in service.tasks if (reason := outdated.reason(task))},
            targets=health.targets(session, service.target_groups),
        )

    def problems(self) -> Iterator[str]:
        """A failed rollout, missing or outdated tasks, and a load balancer without a healthy task."""
        service, primary = self.service, self.service.primary
        if primary.state == "FAILED":
            number = self.release.number
            yield (
                f"The rollout of {self.releases[primary.task_definition]} failed: {primary.reason} "
                f"`python -m ops rollback {number}` starts release {number} again."
            )
        if not service.in_progress:
            yield from self._differences()
        if service.target_groups and "healthy" not in self.targets.values():
            yield "No task is healthy behind the load balancer: the site is down."

    def tables(self) -> Iterator[ConsoleRenderable]:
        """A table of deployments and one of tasks."""
        yield self._deployments()
        yield self._tasks()

    def to_values(self) -> dict[str, Any]:
        """Everything except the release, for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "release"}

    def _differences(self) -> Iterator[str]:
        service, primary, release = self.service, self.service.primary, self.release
        if not release.task_definition:
            if service.desired:
                yield f"{service.desired} tasks should run, and release {release.number} does not have it."
            return
        if primary.task_definition != release.task_definition:
            yield (
                f"The service has task definition {short(primary.task_definition)}, and the last release on record, "
                f"{release.number}, has {short(release.task_definition)}: a `pulumi up` or a rollback was interrupted. "
                "Run it again."
            )
        if service.running < service.desired:
            yield f"{service.running} of {service.desired} tasks run."
        for identifier, reason in self.outdated.items():
            fix = "ECS should stop it soon"
            if reason.startswith(OLDER):
                fix = "`pulumi up` starts tasks with the current one, or says why it cannot"
            yield f"Task {identifier} is outdated, {reason}; {fix}."

    def _deployments(self) -> ConsoleRenderable:
        service = self.service
        rows = (
            (
                coloured(one.status),
                self._release_name(one.task_definition),
                escape(short(one.task_definition)),
                coloured(one.state),
                f"{one.running} of {one.desired}",
                str(one.failed),
                age(one.created),
            )
            for one in service.deployments
        )
        columns = ("status", "runs", "task definition", "rollout", "tasks", "failed", "age")
        title = f"Service {service.name}: {service.running} of {service.desired} tasks run, {service.pending} start"
        return table(title, columns, rows)

    def _tasks(self) -> ConsoleRenderable:
        rows = (
            (
                one.identifier[:8],
                self._release_name(one.task_definition),
                one.status,
                coloured(one.health),
                coloured(self.targets.get(one.address, "-")),
                one.zone or "-",
                age(one.started),
                f"[yellow]{escape(self.outdated[one.identifier])}[/]" if one.identifier in self.outdated else "",
            )
            for one in sorted(self.service.tasks, key=lambda one: (one.task_definition, one.identifier))
        )
        return table("Tasks", ("task", "runs", "status", "health", "target", "zone", "age", "outdated"), rows)

    def _release_name(self, arn: str) -> str:
        """`-` for a task definition that is not on record: another column shows its revision."""
        return "-" if self.releases[arn] == short(arn) else self.releases[arn]


def _of_process(release: ReleaseRecord, process: str) -> ReleaseRecord:
    """The release as if it had only this process."""
    return replace(
        release,
        service=release.process_services[process],
        task_definition=release.process_task_definitions.get(process, ""),
    )


def _name(history: Sequence[ReleaseRecord], arn: str, definition: TaskDefinition) -> str:
    exact = next((one for one in reversed(history) if one.task_definition == arn), None)
    release = exact or newest(history, release_tag(definition))
    return f"release {release.number}" if release else short(arn)


def _definitions(session: boto3.Session, service: ServiceDescription) -> dict[str, TaskDefinition]:
    ecs: Any = session.client("ecs")
    arns = {one.task_definition for one in service.deployments} | {one.task_definition for one in service.tasks}
    return {arn: describe(ecs, arn) for arn in sorted(arns)}
