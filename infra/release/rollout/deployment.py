"""Wait until ECS runs the expected deployment. After a rollback by ECS a steady service runs the earlier release."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.policies import Arn
from infra.release.reporting import ReleaseError, Reporter, short
from infra.release.rollout import diagnosis

ROLLOUT_SECONDS = 1200
"""Ten times a quick rollout, and longer than the circuit breaker needs to fail one with tasks that stop."""
POLL_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class ExpectedDeployment:
    """The deployment that a service should have."""

    cluster: str
    service: str
    task_definition: str
    """ARN with its revision."""
    equivalents: tuple[str, ...] = ()
    """Other task definitions that run the same release."""
    process: str = ""
    """Name of the process; empty for the web service."""


def wait_for_rollout(session: boto3.Session, expected: ExpectedDeployment, report: Reporter) -> dict[str, Any]:
    """The service as ECS describes it, once its primary deployment is the expected one and complete.

    Waits at most ROLLOUT_SECONDS. Raises ReleaseError with the cause when the rollout fails, is rolled back or does
    not end. The old tasks serve until the new ones are healthy.
    """
    ecs: Any = session.client("ecs")
    deadline = time.monotonic() + ROLLOUT_SECONDS
    reported = ""
    while True:
        service = describe_service(ecs, expected)
        primary = primary_deployment(service)
        problem = _problem(expected, primary)
        if problem:
            raise ReleaseError(_failure(session, expected, service, problem))
        if primary.get("rolloutState") == "COMPLETED":
            return service
        if time.monotonic() > deadline:
            raise ReleaseError(_failure(session, expected, service, f"is not complete after {ROLLOUT_SECONDS} s"))
        progress = f"{primary.get('runningCount', 0)} of {primary.get('desiredCount', 0)} new tasks run"
        if progress != reported:
            report(progress)
            reported = progress
        time.sleep(POLL_SECONDS)


def describe_service(ecs: Any, expected: ExpectedDeployment) -> dict[str, Any]:
    """The service of the deployment. Raises ReleaseError when it is deleted."""
    found = ecs.describe_services(cluster=expected.cluster, services=[expected.service])["services"]
    if not found or found[0].get("status") == "INACTIVE":
        raise ReleaseError(
            f"Service {expected.service} is not in cluster {expected.cluster}: it was deleted outside Pulumi. "
            "`pulumi up --refresh` creates it again."
        )
    service: dict[str, Any] = found[0]
    return service


def primary_deployment(service: Mapping[str, Any]) -> dict[str, Any]:
    """The newest deployment."""
    return next((one for one in service["deployments"] if one["status"] == "PRIMARY"), {})


def _problem(expected: ExpectedDeployment, primary: Mapping[str, Any]) -> str | None:
    running = primary.get("taskDefinition")
    if running not in (expected.task_definition, *expected.equivalents):
        # ECS rolled it back, or an operator did: both look the same.
        return f"does not run, {short(running or 'nothing')} does"
    return "did not become healthy" if primary.get("rolloutState") == "FAILED" else None


def _failure(session: boto3.Session, expected: ExpectedDeployment, service: Mapping[str, Any], problem: str) -> str:
    what = f"Process {expected.process}: " if expected.process else "The release "
    lines = [
        f"{what}{short(expected.task_definition)} {problem}, in service {expected.service}.",
        *causes(session, expected, service),
        "Fix the release and run `pulumi up` again.",
    ]
    if not expected.process:
        lines.append(f"If the cause was outside the release, let ECS try again first: {_retry_command(expected)}")
    return "\n".join(lines)


def causes(session: boto3.Session, expected: ExpectedDeployment, service: Mapping[str, Any]) -> list[str]:
    """Lines that say why its tasks do not run."""
    try:
        return diagnosis.explain(session, expected.cluster, service, expected.task_definition)
    except (BotoCoreError, ClientError) as error:
        return [f"cause: unknown, AWS did not answer: {error}"]


def _retry_command(expected: ExpectedDeployment) -> str:
    where = f"--region {Arn.parse(expected.task_definition).region} --cluster {short(expected.cluster)}"
    return (
        f"aws ecs update-service {where} --service {expected.service} --task-definition {expected.task_definition} "
        "--force-new-deployment"
    )
