"""Where a release meets Pulumi: hooks of the ECS service, and the question that every update asks."""

import asyncio
from collections.abc import Mapping
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws

from infra.policies import Arn
from infra.release.errors import ReleaseError
from infra.release.migration import migrated_with, run_migration, task_of_service
from infra.release.verdict import Asked, verify_rollout


class ReleaseFailed(pulumi.RunError):
    """A ReleaseError where Pulumi would print a traceback."""


def service_hooks(name: str) -> pulumi.ResourceHookBinding:
    """Hooks of the ECS service: the migration goes before each release, the verdict comes after it."""
    migrate, verify = migrate_before_release(f"{name}-migration"), verify_after_release(f"{name}-rollout")
    return pulumi.ResourceHookBinding(
        before_create=[migrate], before_update=[migrate], after_create=[verify], after_update=[verify]
    )


def migrate_before_release(name: str) -> pulumi.ResourceHook:
    """A hook for before the ECS service is created or updated: migrates each new release once, never in a preview."""

    async def migrate(args: pulumi.ResourceHookArgs) -> None:
        inputs = await known(args.new_inputs)
        if migrated_with(inputs) == migrated_with(await known(args.old_inputs)):
            return
        task = task_of_service(inputs)
        # The wait is blocking, and the program's own loop has other resources to register meanwhile.
        await asyncio.to_thread(run_migration, session(task.task_definition), task)

    return pulumi.ResourceHook(name, migrate)


def verify_after_release(name: str) -> pulumi.ResourceHook:
    """A hook for after the ECS service is created or updated: fails `pulumi up` when the release was taken back.

    The engine has then already recorded the service as updated: `verified_name` says no again in the next update.
    """

    async def verify(args: pulumi.ResourceHookArgs) -> None:
        inputs, outputs = await known(args.new_inputs), await known(args.new_outputs)
        await _verify(
            Asked(cluster=inputs["cluster"], service=outputs["name"], task_definition=inputs["taskDefinition"])
        )

    return pulumi.ResourceHook(name, verify)


def verified_name(service: aws.ecs.Service) -> pulumi.Output[str]:
    """The service's name, known once ECS runs what the service was given; asked in every update, never in a preview.

    Hooks run for changes only, and a refresh clears the engine's memory of a service that never became steady: without
    this question the next `pulumi up` would find nothing to do and say success over a site that does not serve.
    """

    async def verify(found: dict[str, str]) -> str:
        asked = Asked(**found)
        if not pulumi.runtime.is_dry_run():
            try:
                await _verify(asked)
            except ReleaseError as error:
                raise ReleaseFailed(str(error)) from None
        return asked.service

    found = pulumi.Output.all(cluster=service.cluster, service=service.name, task_definition=service.task_definition)
    name: pulumi.Output[str] = found.apply(verify)
    return name


async def _verify(asked: Asked) -> None:
    # Blocking, and the program's own loop has other resources to register meanwhile.
    await asyncio.to_thread(verify_rollout, session(asked.task_definition), asked)


async def known(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Inputs as the engine hands them to a hook, with the marks of secret ones taken off."""
    return await pulumi.Output.from_input(dict(inputs or {})).future() or {}


def session(arn: str) -> boto3.Session:
    """A session in the region of this ARN, with the credentials that the environment gives."""
    return boto3.Session(region_name=Arn.parse(arn).region)
