"""Pulumi hooks of a release: migrate before ECS changes the service, wait for the rollout after it, then record it."""

from dataclasses import replace

import pulumi
import pulumi_aws as aws

from infra.hooks import in_thread, plain_inputs, reporter_of
from infra.naming import parameter_name
from infra.provider.identity import stack_session
from infra.release.completion import complete, expected_record
from infra.release.history import refuse_if_superseded
from infra.release.migration.migration import MigrationResult, migrated_with, run_migration, task_of_service
from infra.release.migration.snapshot import SnapshotPolicy
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError
from infra.release.rollout.deployment import ExpectedDeployment, wait_for_rollout


class ReleaseFailed(pulumi.RunError):
    """A ReleaseError in a form that Pulumi prints without a traceback."""


class ReleaseHooks:
    """The hooks of one ECS service, and the release it runs. Nothing happens in previews."""

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
        task = replace(task_of_service(inputs), timeout_seconds=self._migration_seconds)
        policy = SnapshotPolicy(
            project=pulumi.get_project(), database=str(await self._database.future()), kept=self._snapshots
        )
        self._migrations[task.task_definition] = await in_thread(
            run_migration, self._session(), task, policy, reporter_of(args.urn)
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
        await in_thread(wait_for_rollout, self._session(), expected, reporter_of(args.urn))
