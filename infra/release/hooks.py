"""Pulumi hooks of a release: migrate before ECS changes a service, wait for each rollout, then record the release."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from infra.hooks import in_thread, plain_inputs, reporter_of
from infra.naming import parameter_name
from infra.provider.identity import stack_session
from infra.release.completion import complete, expected_record
from infra.release.history import refuse_if_superseded
from infra.release.migration.migration import MigrationResult, migrated_with, run_migration, task_of_service
from infra.release.migration.one_off_task import OneOffTask
from infra.release.migration.snapshot import SnapshotPolicy
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError
from infra.release.rollout.deployment import ExpectedDeployment, wait_for_rollout
from infra.release.rollout.processes import return_to, roll_out
from infra.release.spec import ReleaseSpec


class ReleaseFailed(pulumi.RunError):
    """A ReleaseError in a form that Pulumi prints without a traceback."""


class ReleaseHooks:
    """The hooks of the release's ECS services, and the release that they run. Nothing happens in previews.

    The services of processes come first, side by side, and web last: it is not touched when a process does not run.
    """

    def __init__(
        self,
        name: str,
        *,
        database: pulumi.Input[str],
        snapshots: int,
        migration_seconds: int,
        latest: pulumi.Input[ReleaseRecord | None],
    ) -> None:
        self._name = name
        self._latest = latest
        self._database = pulumi.Output.from_input(database)
        self._snapshots = snapshots
        self._migration_seconds = migration_seconds
        self._session = stack_session()
        self._migrating = asyncio.Lock()
        self._migrations: dict[str, MigrationResult | None] = {}
        """What this update migrated, by the task definition that did it; None when it failed."""
        self._migrate_hook = pulumi.ResourceHook(f"{name}-migration", self._migrate)

    def process_binding(self, process: str, spec: pulumi.Input[ReleaseSpec]) -> pulumi.ResourceHookBinding:
        """Hooks of the service of a process."""

        async def verify(args: pulumi.ResourceHookArgs) -> None:
            release = await pulumi.Output.from_input(spec).future()
            runs = release is not None and process in release.processes
            expected = await _expected(args)
            wanted = replace(expected, process=process, task_definition=expected.task_definition if runs else "")
            await self._roll_out(args, [wanted])

        hook = pulumi.ResourceHook(f"{self._name}-{process}-rollout", verify)
        return _binding([self._migrate_hook], [hook])

    def binding(self, processes: pulumi.Input[Sequence[ExpectedDeployment]] = ()) -> pulumi.ResourceHookBinding:
        """Hooks of the web service. The engine runs them only when it creates or updates the service.

        An earlier update may have changed the `processes` and failed, so that their own hooks do not run.
        """
        known = pulumi.Output.from_input(processes)

        async def check(args: pulumi.ResourceHookArgs) -> None:
            await self._roll_out(args, await known.future() or ())

        async def verify(args: pulumi.ResourceHookArgs) -> None:
            expected = await _expected(args)
            try:
                await in_thread(wait_for_rollout, self._session(), expected, reporter_of(args.urn))
            except ReleaseError as error:
                lines = await self._return_processes(await known.future() or ())
                raise ReleaseError("\n".join([str(error), *lines])) from None

        before = [self._migrate_hook, pulumi.ResourceHook(f"{self._name}-processes", check)]
        return _binding(before, [pulumi.ResourceHook(f"{self._name}-rollout", verify)])

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
                return await in_thread(complete, self._session(), name, release, migration, reporter_of(service.urn))
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
        # Once, though each service asks for it.
        async with self._migrating:
            await self._migrate_once(args, replace(task_of_service(inputs), timeout_seconds=self._migration_seconds))
        # The migration may have taken an hour.
        await self._refuse_if_superseded()

    async def _migrate_once(self, args: pulumi.ResourceHookArgs, task: OneOffTask) -> None:
        if task.task_definition in self._migrations:
            if self._migrations[task.task_definition] is None:
                raise ReleaseError("The service was not touched, because the migration of this release failed.")
            return
        self._migrations[task.task_definition] = None
        policy = SnapshotPolicy(
            project=pulumi.get_project(), database=str(await self._database.future()), kept=self._snapshots
        )
        self._migrations[task.task_definition] = await in_thread(
            run_migration, self._session(), task, policy, reporter_of(args.urn)
        )

    async def _refuse_if_superseded(self) -> None:
        # By its fixed name: the engine may create the parameter only after this hook has ended.
        parameter = parameter_name(pulumi.get_project(), pulumi.get_stack())
        latest = await pulumi.Output.from_input(self._latest).future()
        await in_thread(refuse_if_superseded, self._session(), parameter, latest)

    async def _roll_out(self, args: pulumi.ResourceHookArgs, processes: Sequence[ExpectedDeployment]) -> None:
        try:
            await in_thread(roll_out, self._session(), processes, reporter_of(args.urn))
        except ReleaseError as error:
            raise ReleaseError(f"{error}\nThe web service was not touched.") from None

    async def _return_processes(self, processes: Sequence[ExpectedDeployment]) -> list[str]:
        latest = await pulumi.Output.from_input(self._latest).future()
        return await in_thread(return_to, self._session(), latest, processes) if latest else []


def _binding(before: Sequence[pulumi.ResourceHook], after: Sequence[pulumi.ResourceHook]) -> pulumi.ResourceHookBinding:
    return pulumi.ResourceHookBinding(
        before_create=[*before], before_update=[*before], after_create=[*after], after_update=[*after]
    )


async def _expected(args: pulumi.ResourceHookArgs) -> ExpectedDeployment:
    inputs, outputs = await plain_inputs(args.new_inputs), await plain_inputs(args.new_outputs)
    return ExpectedDeployment(
        cluster=inputs["cluster"], service=outputs["name"], task_definition=inputs["taskDefinition"]
    )
