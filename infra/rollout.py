"""Say no when ECS took a release back: a service can be steady and yet not run what was asked for."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws

from infra import stopped_task
from infra.migration import known
from infra.policies import Arn

EVENTS = 3


class RolloutFailed(pulumi.RunError):
    """The service runs another release than the one it was given; the message says why, without a traceback."""


@dataclass(frozen=True, kw_only=True)
class RolloutRequest:
    """What should run, and where."""

    cluster: str
    service: str
    task_definition: str


def verify_after_release(name: str) -> pulumi.ResourceHook:
    """A hook for after the ECS service is created or updated: fails `pulumi up` when the release was taken back.

    The engine has then already recorded the service as updated: `verified_name` says no again in the next update.
    """

    async def verify(args: pulumi.ResourceHookArgs) -> None:
        inputs, outputs = await known(args.new_inputs), await known(args.new_outputs)
        request = RolloutRequest(
            cluster=inputs["cluster"], service=outputs["name"], task_definition=inputs["taskDefinition"]
        )
        await _verify(request)

    return pulumi.ResourceHook(name, verify)


def verified_name(service: aws.ecs.Service) -> pulumi.Output[str]:
    """The service's name, known once ECS runs what the service was given; asked in every update, never in a preview.

    Hooks run for changes only, and a refresh clears the engine's memory of a service that never became steady: without
    this question the next `pulumi up` would find nothing to do and say success over a site that does not serve.
    """

    async def verify(found: dict[str, str]) -> str:
        request = RolloutRequest(**found)
        if not pulumi.runtime.is_dry_run():
            await _verify(request)
        return request.service

    asked = pulumi.Output.all(cluster=service.cluster, service=service.name, task_definition=service.task_definition)
    name: pulumi.Output[str] = asked.apply(verify)
    return name


async def _verify(request: RolloutRequest) -> None:
    session = boto3.Session(region_name=Arn.parse(request.task_definition).region)
    # Blocking, and the program's own loop has other resources to register meanwhile.
    await asyncio.to_thread(verify_rollout, session, request)


def verify_rollout(session: boto3.Session, request: RolloutRequest) -> None:
    """Raise RolloutFailed unless the service's primary deployment runs the task definition and has not failed."""
    ecs: Any = session.client("ecs")
    (service,) = ecs.describe_services(cluster=request.cluster, services=[request.service])["services"]
    primary: dict[str, Any] = next((one for one in service["deployments"] if one["status"] == "PRIMARY"), {})
    if primary.get("taskDefinition") == request.task_definition and primary.get("rolloutState") != "FAILED":
        return
    raise RolloutFailed(_report(session, request, service, primary))


def _report(
    session: boto3.Session, request: RolloutRequest, service: Mapping[str, Any], primary: Mapping[str, Any]
) -> str:
    asked, running = _short(request.task_definition), _short(primary.get("taskDefinition", "nothing"))
    # One that was taken back did not become healthy either, but a rollback by hand looks the same.
    verdict = "did not become healthy" if asked == running else f"does not run, {running} does"
    lines = [f"The release {asked} {verdict}, in service {request.service}."]
    task = _stopped(session.client("ecs"), request)
    if task:
        lines.append(f"task {_short(task['taskArn'])}: {stopped_task.problem(task) or task.get('stoppedReason')}")
        logged = stopped_task.last_log_lines(session, request.task_definition, task)
        lines += ["last log lines:", *(f"  {line}" for line in logged)] if logged else ["it left no log lines"]
    lines += [f"event: {event['message']}" for event in service.get("events", [])[:EVENTS]]
    lines.append("Fix the release and run `pulumi up --refresh`, so that Pulumi sees what really runs.")
    lines.append(f"When the cause was outside of it, let ECS try it again first: {_try_again(request)}")
    return "\n".join(lines)


def _try_again(request: RolloutRequest) -> str:
    where = f"--region {Arn.parse(request.task_definition).region} --cluster {request.cluster}"
    return (
        f"aws ecs update-service {where} --service {request.service} --task-definition {request.task_definition} "
        "--force-new-deployment"
    )


def _stopped(ecs: Any, request: RolloutRequest) -> dict[str, Any] | None:
    """The task of this release that stopped last; ECS remembers stopped tasks for an hour."""
    arns = [
        arn
        for page in ecs.get_paginator("list_tasks").paginate(
            cluster=request.cluster, serviceName=request.service, desiredStatus="STOPPED"
        )
        for arn in page["taskArns"]
    ]
    # DescribeTasks takes 100 at most.
    described = ecs.describe_tasks(cluster=request.cluster, tasks=arns[:100])["tasks"] if arns else []
    ours = [task for task in described if task["taskDefinitionArn"] == request.task_definition]
    return max(ours, key=lambda task: task.get("stoppedAt") or task.get("createdAt"), default=None)


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
