"""Pulumi hooks of a release: migrate before ECS changes the service, wait for the rollout after it, then record it."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import pulumi
import pulumi_aws as aws
from botocore.exceptions import BotoCoreError, ClientError

from infra.naming import parameter_name
from infra.release import image_tags
from infra.release.completion import complete, expected_record
from infra.release.history import refuse_if_superseded
from infra.release.migration.migration import MigrationResult, migrated_with, run_migration, task_of_service
from infra.release.migration.snapshot import SnapshotPolicy
from infra.release.provider_identity import stack_session
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError, Reporter
from infra.release.rollout.deployment import ExpectedDeployment, wait_for_rollout

T = TypeVar("T")
_THREADS = ThreadPoolExecutor(4, thread_name_prefix="release")
"""Not the event loop's threads, six on a small machine, in which Pulumi waits for the engine. With `--parallel 1` the
engine waits for the hook, and a hook that waits for one of those threads never ends."""


class ReleaseFailed(pulumi.RunError):
    """A ReleaseError in a form that Pulumi prints without a traceback."""


class ReleaseHooks:
    """The hooks of one ECS service, and the release it runs. Nothing happens in previews."""

    def __init__(
        self, name: str, *, database: pulumi.Input[str], snapshots: int, latest: pulumi.Input[ReleaseRecord | None]
    ) -> None:
        self._name = name
        self._latest = latest
        self._database = pulumi.Output.from_input(database)
        self._snapshots = snapshots
        self._session = stack_session()
        self._migrations: dict[str, MigrationResult] = {}
        """What this update migrated, by the task definition that did it."""

    def binding(self) -> pulumi.ResourceHookBinding:
        """Hooks of the service. The engine runs them only when it creates or updates the service."""
        migrate = pulumi.ResourceHook(f"{self._name}-migration", self._migrate)
        verify = pulumi.ResourceHook(f"{self._name}-rollout", self._verify)
        return pulumi.ResourceHookBinding(
            before_create=[migrate], before_update=[migrate], after_create=[verify], after_update=[verify]
        )

    def recorded_release(
        self, service: aws.ecs.Service, parameter: pulumi.Input[str], release: pulumi.Output[ReleaseRecord]
    ) -> pulumi.Output[ReleaseRecord]:
        """The release as it is on record, known once ECS runs it.

        Every update asks, also without changes: the engine records a service as updated before its hook fails. The
        next `pulumi up` would find nothing to do and succeed while the site is down.
        """

        async def completed(name: str, latest: ReleaseRecord | None, release: ReleaseRecord) -> ReleaseRecord:
            if pulumi.runtime.is_dry_run():
                return expected_record(release, latest)
            migration = self._migrations.get(release.migration_task_definition)
            try:
                return await in_thread(complete, self._session(), name, release, migration, reporter_of(service))
            except ReleaseError as error:
                raise ReleaseFailed(str(error)) from None

        known = pulumi.Output.all(parameter, self._latest, release)
        recorded: pulumi.Output[ReleaseRecord] = known.apply(lambda values: completed(*values))
        return recorded

    async def _migrate(self, args: pulumi.ResourceHookArgs) -> None:
        await self._refuse_if_superseded()
        inputs = await plain_inputs(args.new_inputs)
        if migrated_with(inputs) == migrated_with(await plain_inputs(args.old_inputs)):
            return
        task = task_of_service(inputs)
        policy = SnapshotPolicy(
            project=pulumi.get_project(), database=str(await self._database.future()), kept=self._snapshots
        )
        self._migrations[task.task_definition] = await in_thread(
            run_migration, self._session(), task, policy, reporter_of(Named(args.urn))
        )
        # The migration may have taken an hour.
        await self._refuse_if_superseded()

    async def _refuse_if_superseded(self) -> None:
        # By its fixed name: the engine may create the parameter only after this hook has ended.
        parameter = parameter_name(pulumi.get_project(), pulumi.get_stack())
        latest = await pulumi.Output.from_input(self._latest).future()
        await in_thread(refuse_if_superseded, self._session(), parameter, latest)

    async def _verify(self, args: pulumi.ResourceHookArgs) -> None:
        inputs, outputs = await plain_inputs(args.new_inputs), await plain_inputs(args.new_outputs)
        expected = ExpectedDeployment(
            cluster=inputs["cluster"], service=outputs["name"], task_definition=inputs["taskDefinition"]
        )
        await in_thread(wait_for_rollout, self._session(), expected, reporter_of(Named(args.urn)))


def unfinished_push_hook(name: str) -> pulumi.ResourceHookBinding:
    """Hooks of a `docker.Image` that delete what an interrupted update pushed under the same tag."""
    session = stack_session()

    async def delete(args: pulumi.ResourceHookArgs) -> None:
        inputs, before = await plain_inputs(args.new_inputs), await plain_inputs(args.old_inputs)
        if inputs["imageName"] == before.get("imageName"):
            return
        if await in_thread(image_tags.delete_unfinished_push, session(), inputs["imageName"]):
            reporter_of(Named(args.urn))("Deleted the image that an interrupted update had pushed under this tag")

    hook = pulumi.ResourceHook(f"{name}-push", delete)
    return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])


class Named:
    """What Pulumi's log needs of a resource. A hook knows only the URN."""

    def __init__(self, urn: str) -> None:
        self.urn = pulumi.Output.from_input(urn)


def reporter_of(resource: Any) -> Reporter:
    """A reporter that logs beside the resource, from any thread."""
    loop = asyncio.get_running_loop()

    def report(line: str) -> None:
        loop.call_soon_threadsafe(pulumi.log.info, line, cast(pulumi.Resource, resource))

    return report


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Run a blocking function in a thread, so that the program can register other resources in the meantime."""
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, function, *arguments)
    except (BotoCoreError, ClientError) as error:
        raise ReleaseError(
            f"AWS did not answer a request of the release: {error}\n"
            "Nothing is lost: check network and credentials, then run `pulumi up` again. It continues from here."
        ) from None


async def plain_inputs(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """The inputs that the engine passes to a hook, with secrets in plain text."""
    return await pulumi.Output.from_input(dict(inputs or {})).future() or {}
