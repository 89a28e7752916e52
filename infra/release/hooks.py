"""Where a release meets Pulumi: hooks of the ECS service, and the question that every update asks."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import boto3
import pulumi
import pulumi_aws as aws
from botocore.exceptions import BotoCoreError, ClientError

from infra.release import unfinished_push
from infra.release.completion import complete, foreseen
from infra.release.errors import ReleaseError
from infra.release.fargate import Fargate
from infra.release.hosting import Hosting
from infra.release.meanwhile import refuse_other_release
from infra.release.migration import Migrated, migrated_with, run_migration, task_of_service
from infra.release.record import Release, parameter_name
from infra.release.snapshot import SnapshotPolicy
from infra.release.telling import Tell
from infra.release.verdict import Asked, verify_rollout

T = TypeVar("T")
_THREADS = ThreadPoolExecutor(4, thread_name_prefix="release")
"""Not the loop's own, of which a small machine has six: there Pulumi waits for the engine, which with `--parallel 1`
does nothing else until a hook has ended."""


class ReleaseFailed(pulumi.RunError):
    """A ReleaseError where Pulumi would print a traceback."""


class Supervision:
    """One ECS service's way through an update: migration before, verdict and record after it. Nothing in previews."""

    def __init__(
        self, name: str, *, database: pulumi.Input[str], snapshots: int, latest: pulumi.Input[Release | None]
    ) -> None:
        self._name = name
        self._latest = latest
        self._database = pulumi.Output.from_input(database)
        self._snapshots = snapshots
        self._session = session_of_stack()
        self._migrated: dict[str, Migrated] = {}

    def hooks(self) -> pulumi.ResourceHookBinding:
        """Hooks of the service. The engine runs them when it is created or updated, and for nothing else."""
        migrate = pulumi.ResourceHook(f"{self._name}-migration", self._migrate)
        verify = pulumi.ResourceHook(f"{self._name}-rollout", self._verify)
        return pulumi.ResourceHookBinding(
            before_create=[migrate], before_update=[migrate], after_create=[verify], after_update=[verify]
        )

    def released(
        self,
        service: aws.ecs.Service,
        parameter: pulumi.Input[str],
        latest: pulumi.Input[Release | None],
        release: pulumi.Output[Release],
    ) -> pulumi.Output[Release]:
        """The release as it is on record, known once ECS runs it; asked in every update."""
        return on_record(service, self._session, (parameter, latest, release), self._migrated, Fargate())

    async def _migrate(self, args: pulumi.ResourceHookArgs) -> None:
        await started_from(self._latest, self._session)
        inputs = await known(args.new_inputs)
        if migrated_with(inputs) == migrated_with(await known(args.old_inputs)):
            return
        task = task_of_service(inputs)
        policy = SnapshotPolicy(database=str(await self._database.future()), kept=self._snapshots)
        self._migrated[task.task_definition] = await in_thread(
            run_migration, self._session(), task, policy, teller(Named(args.urn))
        )
        # That may have taken an hour.
        await started_from(self._latest, self._session)

    async def _verify(self, args: pulumi.ResourceHookArgs) -> None:
        inputs, outputs = await known(args.new_inputs), await known(args.new_outputs)
        asked = Asked(cluster=inputs["cluster"], service=outputs["name"], task_definition=inputs["taskDefinition"])
        await in_thread(verify_rollout, self._session(), asked, teller(Named(args.urn)))


async def started_from(latest: pulumi.Input[Release | None], session: Callable[[], boto3.Session]) -> None:
    """Raise ReleaseError when that is not the last release any more.

    The record's name is not asked of its resource, which the engine may make after the hook has ended.
    """
    record = parameter_name(pulumi.get_project(), pulumi.get_stack())
    await in_thread(refuse_other_release, session(), record, await pulumi.Output.from_input(latest).future())


def on_record(
    resource: pulumi.Resource,
    session: Callable[[], boto3.Session],
    asked: tuple[pulumi.Input[str], pulumi.Input[Release | None], pulumi.Output[Release]],
    migrated: Mapping[str, Migrated],
    hosting: pulumi.Input[Hosting],
) -> pulumi.Output[Release]:
    """The release as it is on record, known once it serves; asked in every update.

    `asked` is the record's parameter, what is on record, and the release that is to serve; `migrated` what this
    update did for it, by its migration. Hooks run for changes only, and the engine has recorded a resource as updated
    before its hook says no: without this question the next `pulumi up` would find nothing to do and say success over
    a site that does not serve.
    """

    async def completed(name: str, latest: Release | None, release: Release, on: Hosting) -> Release:
        if pulumi.runtime.is_dry_run():
            return foreseen(release, latest)
        done = migrated.get(release.migration_task_definition)
        try:
            return await in_thread(complete, session(), name, release, done, teller(resource), on)
        except ReleaseError as error:
            raise ReleaseFailed(str(error)) from None

    answer: pulumi.Output[Release] = pulumi.Output.all(*asked, hosting).apply(lambda known: completed(*known))
    return answer


def unfinished_push_hook(name: str) -> pulumi.ResourceHookBinding:
    """Hooks of a `docker.Image`: what an update left in the registry that ended in its push is removed before it."""
    session = session_of_stack()

    async def clear(args: pulumi.ResourceHookArgs) -> None:
        inputs, before = await known(args.new_inputs), await known(args.old_inputs)
        if inputs["imageName"] == before.get("imageName"):
            return
        if await in_thread(unfinished_push.clear, session(), inputs["imageName"]):
            teller(Named(args.urn))("An update that was cut off had pushed this tag; it is made anew")

    hook = pulumi.ResourceHook(f"{name}-push", clear)
    return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])


class Named:
    """What Pulumi's log wants of a resource, in a hook, which is told the URN alone."""

    def __init__(self, urn: str) -> None:
        self.urn = pulumi.Output.from_input(urn)


def teller(resource: Any) -> Tell:
    """Tells from any thread, beside the resource."""
    loop = asyncio.get_running_loop()

    def tell(line: str) -> None:
        loop.call_soon_threadsafe(pulumi.log.info, line, cast(pulumi.Resource, resource))

    return tell


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Run what blocks beside the program's own loop, which has other resources to register meanwhile."""
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, function, *arguments)
    except (BotoCoreError, ClientError) as error:
        raise ReleaseError(
            f"AWS could not be asked about the release: {error}\n"
            "Nothing is lost: look at network and credentials, then run `pulumi up` again; it goes on from here."
        ) from None


async def known(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Inputs as the engine hands them to a hook, with the marks of secret ones taken off."""
    return await pulumi.Output.from_input(dict(inputs or {})).future() or {}


def session_of_stack() -> Callable[[], boto3.Session]:
    """Makes sessions with the stack's `aws:region` and `aws:profile`, and what the environment says beside them."""
    config = pulumi.Config("aws")
    region, profile = config.get("region"), config.get("profile")
    return lambda: boto3.Session(region_name=region, profile_name=profile)
