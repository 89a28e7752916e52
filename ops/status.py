"""How the stack is: what serves, whether all of it is what was asked for, and what needs a person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import boto3

from infra.release import stale as earlier
from infra.release.record import Release
from ops import health
from ops.choice import newest
from ops.service import Service, Task, read_service
from ops.show import short
from ops.stack import Stack
from ops.task_definitions import Definition, describe, release_tag


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that `status` tells."""

    stack: str
    region: str
    release: Release
    """The last one on record."""
    service: Service
    releases: Mapping[str, str]
    """What each task definition in use is called: `release 5`, or family and revision when it is not on record."""
    stale: Mapping[str, str]
    """Why a task, by its identifier, is not what was asked for."""
    targets: Mapping[str, str]
    alarms: Sequence[health.Alarm]
    database: health.Database | None

    @property
    def attention(self) -> list[str]:
        """What needs a person; empty when all is well."""
        return list(_attention(self))

    def for_scripts(self) -> dict[str, Any]:
        """Everything, in plain values."""
        return {
            **asdict(self),
            "withheld": asdict(self.release.withheld) if self.release.withheld else None,
            "attention": self.attention,
        }


def read_status(stack: Stack) -> Status:
    """Ask AWS. Raises OpsError when there is no release or no service."""
    history = stack.history()
    release = history[-1]
    service = read_service(stack.session, release)
    definitions = _definitions(stack.session, service)
    current = current_secret_version(stack.session, release.secret_arn)
    return Status(
        stack=stack.name,
        region=stack.region,
        release=release,
        service=service,
        releases={arn: called(history, arn, definition) for arn, definition in definitions.items()},
        stale={
            task.identifier: reason
            for task in service.tasks
            if (reason := _stale(stack.session, task, service, current))
        },
        targets=health.targets(stack.session, service.target_groups),
        alarms=health.alarms(stack.session, stack.project, stack.name),
        database=health.database(stack.session, release.database),
    )


def called(history: Sequence[Release], arn: str, definition: Definition) -> str:
    """What people call a task definition."""
    exact = next((one for one in reversed(history) if one.task_definition == arn), None)
    release = exact or newest(history, release_tag(definition))
    return f"release {release.number}" if release else short(arn)


def current_secret_version(session: boto3.Session, arn: str) -> str:
    """The version of the secret that new tasks should read."""
    stages = session.client("secretsmanager").describe_secret(SecretId=arn)["VersionIdsToStages"]
    return next((version for version, names in stages.items() if "AWSCURRENT" in names), "")


def _definitions(session: boto3.Session, service: Service) -> dict[str, Definition]:
    ecs: Any = session.client("ecs")
    arns = {one.task_definition for one in service.deployments} | {one.task_definition for one in service.tasks}
    return {arn: describe(ecs, arn) for arn in sorted(arns)}


def _stale(session: boto3.Session, task: Task, service: Service, current: str) -> str | None:
    if task.task_definition != service.primary.task_definition:
        return f"other task definition: {short(task.task_definition)}"
    older = earlier.secret_versions(session, task.task_definition) - {current, ""}
    return f"older secret version: {', '.join(sorted(older))}" if older and current else None


def _attention(status: Status) -> Iterator[str]:
    service, primary = status.service, status.service.primary
    if primary.state == "FAILED":
        number = status.release.number
        yield (
            f"The rollout of {status.releases[primary.task_definition]} failed: {primary.reason} "
            f"`python -m ops rollback {number}` starts release {number} again."
        )
    if not service.in_progress:
        if primary.task_definition != status.release.task_definition:
            yield (
                f"The service was given {short(primary.task_definition)}, and the last release on record, "
                f"{status.release.number}, is {short(status.release.task_definition)}: a `pulumi up` or a rollback did "
                "not end. Run it again."
            )
        if service.running < service.desired:
            yield f"{service.running} of {service.desired} tasks run."
        yield from _stale_tasks(status)
    if service.target_groups and "healthy" not in status.targets.values():
        yield "No task is healthy behind the load balancer: the site does not answer."
    yield from (f"Alarm {alarm.name}: {alarm.advice}" for alarm in status.alarms)
    if status.database is None:
        yield f"Database {status.release.database} is gone."
    elif status.database.status != "available":
        yield f"Database {status.database.identifier} is {status.database.status}."


def _stale_tasks(status: Status) -> Iterator[str]:
    for identifier, reason in status.stale.items():
        fix = (
            "`pulumi up` restarts it with the current one" if reason.startswith("older") else "ECS should stop it soon"
        )
        yield f"Task {identifier} is stale, {reason}; {fix}."
