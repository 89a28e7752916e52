"""Say yes only when ECS runs what was asked for: a service can be steady and yet be back on the release before."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.policies import Arn
from infra.release import diagnosis
from infra.release.diagnosis import short
from infra.release.errors import ReleaseError
from infra.release.telling import Tell

ROLLOUT_SECONDS = 900
"""Ten times a quick rollout, and more than the circuit breaker takes to fail one whose tasks end."""
POLL_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What should run, and where."""

    cluster: str
    service: str
    task_definition: str
    """ARN with its revision."""
    same: tuple[str, ...] = ()
    """Other task definitions that run this very release."""


def verify_rollout(session: boto3.Session, asked: Asked, tell: Tell) -> dict[str, Any]:
    """The service as ECS describes it, once its primary deployment runs the task definition and is complete.

    Waits ROLLOUT_SECONDS for a rollout that is under way. Raises ReleaseError that says why when it fails, is taken
    back or does not end; the old tasks serve until new ones are healthy.
    """
    ecs: Any = session.client("ecs")
    deadline = time.monotonic() + ROLLOUT_SECONDS
    told = ""
    while True:
        service = described(ecs, asked)
        primary: dict[str, Any] = next((one for one in service["deployments"] if one["status"] == "PRIMARY"), {})
        problem = _problem(asked, primary)
        if problem:
            raise ReleaseError(_report(session, asked, service, problem))
        if primary.get("rolloutState") == "COMPLETED":
            return service
        if time.monotonic() > deadline:
            raise ReleaseError(_report(session, asked, service, f"is not complete after {ROLLOUT_SECONDS} s"))
        now = f"{primary.get('runningCount', 0)} of {primary.get('desiredCount', 0)} new tasks run"
        if now != told:
            tell(now)
            told = now
        time.sleep(POLL_SECONDS)


def described(ecs: Any, asked: Asked) -> dict[str, Any]:
    """The service that is asked for. Raises ReleaseError when it is gone."""
    found = ecs.describe_services(cluster=asked.cluster, services=[asked.service])["services"]
    if not found or found[0].get("status") == "INACTIVE":
        raise ReleaseError(
            f"Service {asked.service} is not in cluster {asked.cluster}: somebody deleted it. "
            "`pulumi up --refresh` makes it again."
        )
    service: dict[str, Any] = found[0]
    return service


def _problem(asked: Asked, primary: Mapping[str, Any]) -> str | None:
    running = primary.get("taskDefinition")
    if running not in (asked.task_definition, *asked.same):
        # One that was taken back did not become healthy either, but a rollback by hand looks the same.
        return f"does not run, {short(running or 'nothing')} does"
    return "did not become healthy" if primary.get("rolloutState") == "FAILED" else None


def _report(session: boto3.Session, asked: Asked, service: Mapping[str, Any], problem: str) -> str:
    return "\n".join(
        [
            f"The release {short(asked.task_definition)} {problem}, in service {asked.service}.",
            *_why(session, asked, service),
            "Mend the release and run `pulumi up` again.",
            f"When the cause was outside of it, let ECS try it again before that: {_try_again(asked)}",
        ]
    )


def _why(session: boto3.Session, asked: Asked, service: Mapping[str, Any]) -> list[str]:
    try:
        return diagnosis.explain(session, asked.cluster, service, asked.task_definition)
    except (BotoCoreError, ClientError) as error:
        # The verdict stands, whether or not AWS says why.
        return [f"cause: AWS could not be asked for it: {error}"]


def _try_again(asked: Asked) -> str:
    where = f"--region {Arn.parse(asked.task_definition).region} --cluster {short(asked.cluster)}"
    return (
        f"aws ecs update-service {where} --service {asked.service} --task-definition {asked.task_definition} "
        "--force-new-deployment"
    )
