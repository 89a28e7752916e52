"""Bring the services of a release's processes to its task definitions, side by side, and wait until they run."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import boto3

from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError, Reporter, short
from infra.release.rollout.deployment import ExpectedDeployment, describe_service, primary_deployment, wait_for_rollout
from infra.release.rollout.task_definitions import equivalent

SCALED = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
_SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def of_release(release: ReleaseRecord) -> list[ExpectedDeployment]:
    """What the services of the processes should run; no task definition for one that the release does not have."""
    return [
        ExpectedDeployment(
            cluster=release.cluster,
            service=service,
            task_definition=release.process_task_definitions.get(name, ""),
            process=name,
        )
        for name, service in release.process_services.items()
    ]


def roll_out(session: boto3.Session, expected: Sequence[ExpectedDeployment], report: Reporter) -> dict[str, str]:
    """Task definition that runs, by process; empty for one that is stopped. Raises ReleaseError with every cause.

    Tries again what ECS has given up, so the next update needs no command for it.
    """
    if not expected:
        return {}
    with ThreadPoolExecutor(len(expected)) as pool:
        tried = [pool.submit(_roll_out, session, one, report) for one in expected]
    problems = [str(error) for one in tried if (error := one.exception()) and isinstance(error, ReleaseError)]
    if problems:
        raise ReleaseError("\n".join(problems))
    return {one.process: done.result() for one, done in zip(expected, tried, strict=True)}


def stop_removed(session: boto3.Session, latest: ReleaseRecord, release: ReleaseRecord, report: Reporter) -> None:
    """Stop the processes that only the release before has; Pulumi deletes their services afterwards."""
    removed = {name: one for name, one in latest.process_services.items() if name not in release.process_services}
    roll_out(session, of_release(replace(latest, process_services=removed, process_task_definitions={})), report)


def return_to(session: boto3.Session, latest: ReleaseRecord, now: Sequence[ExpectedDeployment]) -> list[str]:
    """After a release failed, start the processes of the last one on record; one line for each that changes.

    Does not wait, as ECS does not either when it rolls the web service back. A process that this release brought stops.
    """
    ecs: Any = session.client("ecs")
    lines = []
    for one in now:
        before = latest.process_task_definitions.get(one.process, "")
        service = describe_service(ecs, one)
        if before and primary_deployment(service).get("taskDefinition") != before:
            ecs.update_service(cluster=one.cluster, service=one.service, taskDefinition=before)
            lines.append(f"Process {one.process} returns to {short(before)} of release {latest.number}.")
        elif not before and service["desiredCount"]:
            _stop(session, one)
            lines.append(f"Process {one.process} stops: release {latest.number} does not have it.")
    return lines


def _roll_out(session: boto3.Session, expected: ExpectedDeployment, report: Reporter) -> str:
    ecs: Any = session.client("ecs")
    if not expected.task_definition:
        if _desired_count(ecs, expected):
            report(f"Process {expected.process} stops: the release does not have it")
            _stop(session, expected)
        return ""
    service = describe_service(ecs, expected)
    primary = primary_deployment(service)
    running = str(primary.get("taskDefinition"))
    failed = primary.get("rolloutState") == "FAILED"
    if running != expected.task_definition and equivalent(session, running, expected.task_definition):
        expected = replace(expected, task_definition=running)
    changes = _changes(session, expected, service, running, failed=failed)
    if changes:
        ecs.update_service(cluster=expected.cluster, service=expected.service, **changes)
    wait_for_rollout(session, expected, lambda line: report(f"Process {expected.process}: {line}"))
    return expected.task_definition


def _desired_count(ecs: Any, expected: ExpectedDeployment) -> int:
    """0 also for a service that is deleted."""
    found = ecs.describe_services(cluster=expected.cluster, services=[expected.service])["services"]
    return int(found[0]["desiredCount"]) if found and found[0]["status"] == "ACTIVE" else 0


def _changes(
    session: boto3.Session, expected: ExpectedDeployment, service: Mapping[str, Any], running: str, *, failed: bool
) -> dict[str, Any]:
    """Arguments of UpdateService that start what should run; none when it does."""
    stopped = not service["desiredCount"]
    if not (failed or stopped) and running == expected.task_definition:
        return {}
    # ECS does not retry a failed deployment, and one without tasks is complete: only a forced one shows what it does.
    changes = {"taskDefinition": expected.task_definition, "forceNewDeployment": failed or stopped}
    if stopped:
        changes["desiredCount"] = _suspend_scaling(session, expected, suspended=False)
    return changes


def _stop(session: boto3.Session, expected: ExpectedDeployment) -> None:
    _suspend_scaling(session, expected, suspended=True)
    ecs: Any = session.client("ecs")
    ecs.update_service(cluster=expected.cluster, service=expected.service, desiredCount=0)


def _suspend_scaling(session: boto3.Session, expected: ExpectedDeployment, *, suspended: bool) -> int:
    """Suspend or resume the service's scaling, which would start a stopped service again; returns its least tasks.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
    """
    scaling: Any = session.client("application-autoscaling")
    resource = f"service/{short(expected.cluster)}/{expected.service}"
    found = scaling.describe_scalable_targets(ResourceIds=[resource], **SCALED)["ScalableTargets"]
    if not found:
        return 1
    state = dict.fromkeys(_SUSPENSIONS, suspended)
    scaling.register_scalable_target(ResourceId=resource, SuspendedState=state, **SCALED)
    return max(1, int(found[0]["MinCapacity"]))
