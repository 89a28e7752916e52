"""How the service on Fargate is: its deployments, its tasks, and what the load balancer says of them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import boto3
from rich.console import ConsoleRenderable
from rich.markup import escape

from infra.release import stale as earlier
from infra.release.definitions import Definition
from infra.release.record import Release
from ops import health
from ops.choice import newest
from ops.host import History
from ops.service import Service, Task, read_service
from ops.show import age, coloured, short, table
from ops.task_definitions import describe, release_tag


@dataclass(frozen=True, kw_only=True)
class FargateStatus:
    """`HostStatus` of an ECS service."""

    release: Release
    """The last one on record."""
    service: Service
    releases: Mapping[str, str]
    """What each task definition in use is called: `release 5`, or family and revision when it is not on record."""
    stale: Mapping[str, str]
    """Why a task, by its identifier, is not what was asked for."""
    targets: Mapping[str, str]

    @classmethod
    def read(cls, session: boto3.Session, history: History) -> "FargateStatus":
        """Ask ECS and the load balancer. Raises OpsError when there is no service."""
        release = history[-1]
        service = read_service(session, release)
        definitions = _definitions(session, service)
        current = health.current_secret_version(session, release.secret_arn)
        return cls(
            release=release,
            service=service,
            releases={arn: called(history, arn, definition) for arn, definition in definitions.items()},
            stale={
                task.identifier: reason for task in service.tasks if (reason := _stale(session, task, service, current))
            },
            targets=health.targets(session, service.target_groups),
        )

    @property
    def in_progress(self) -> bool:
        """Whether a rollout is going on."""
        return self.service.in_progress

    def attention(self) -> Iterator[str]:
        """A failed rollout, tasks that are missing or stale, a load balancer without a healthy one."""
        service, primary = self.service, self.service.primary
        if primary.state == "FAILED":
            number = self.release.number
            yield (
                f"The rollout of {self.releases[primary.task_definition]} failed: {primary.reason} "
                f"`python -m ops rollback {number}` starts release {number} again."
            )
        if not service.in_progress:
            yield from self._unsettled()
        if service.target_groups and "healthy" not in self.targets.values():
            yield "No task is healthy behind the load balancer: the site does not answer."

    def tables(self) -> Iterator[ConsoleRenderable]:
        """Deployments, then tasks."""
        yield self._deployments()
        yield self._tasks()

    def for_scripts(self) -> Mapping[str, Any]:
        """All of it but the release."""
        return {name: value for name, value in asdict(self).items() if name != "release"}

    def _unsettled(self) -> Iterator[str]:
        service, primary, release = self.service, self.service.primary, self.release
        if primary.task_definition != release.task_definition:
            yield (
                f"The service was given {short(primary.task_definition)}, and the last release on record, "
                f"{release.number}, is {short(release.task_definition)}: a `pulumi up` or a rollback did not end. "
                "Run it again."
            )
        if service.running < service.desired:
            yield f"{service.running} of {service.desired} tasks run."
        for identifier, reason in self.stale.items():
            older = reason.startswith("older")
            fix = "`pulumi up` ends the rotation, or says why it cannot" if older else "ECS should stop it soon"
            yield f"Task {identifier} is stale, {reason}; {fix}."

    def _deployments(self) -> ConsoleRenderable:
        service = self.service
        rows = (
            (
                coloured(one.status),
                self._called(one.task_definition),
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
                self._called(one.task_definition),
                one.status,
                coloured(one.health),
                coloured(self.targets.get(one.address, "-")),
                one.zone or "-",
                age(one.started),
                f"[yellow]{escape(self.stale[one.identifier])}[/]" if one.identifier in self.stale else "",
            )
            for one in sorted(self.service.tasks, key=lambda one: (one.task_definition, one.identifier))
        )
        return table("Tasks", ("task", "runs", "status", "health", "target", "zone", "age", "stale"), rows)

    def _called(self, arn: str) -> str:
        """What is not on record has no name yet."""
        return "-" if self.releases[arn] == short(arn) else self.releases[arn]


def called(history: History, arn: str, definition: Definition) -> str:
    """What people call a task definition."""
    exact = next((one for one in reversed(history) if one.task_definition == arn), None)
    release = exact or newest(history, release_tag(definition))
    return f"release {release.number}" if release else short(arn)


def _definitions(session: boto3.Session, service: Service) -> dict[str, Definition]:
    ecs: Any = session.client("ecs")
    arns = {one.task_definition for one in service.deployments} | {one.task_definition for one in service.tasks}
    return {arn: describe(ecs, arn) for arn in sorted(arns)}


def _stale(session: boto3.Session, task: Task, service: Service, current: str) -> str | None:
    if task.task_definition != service.primary.task_definition:
        return f"other task definition: {short(task.task_definition)}"
    older = earlier.secret_versions(session, task.task_definition) - {current, ""}
    return f"older secret version: {', '.join(sorted(older))}" if older and current else None
