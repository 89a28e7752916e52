"""Where the machine meets Pulumi: what happens before its release is put on record, and after its group is made."""

import pulumi
import pulumi_aws as aws

from infra.machine import replacement, rollout
from infra.machine.hosting import OneMachine
from infra.machine.remote import Remote
from infra.release.hooks import Named, in_thread, known, on_record, session_of_stack, started_from, teller
from infra.release.migration import Migrated
from infra.release.record import Release
from infra.release.snapshot import SnapshotPolicy


class MachineSupervision:
    """The machine's way through an update. Nothing happens in previews: the engine runs no hooks there."""

    def __init__(
        self, name: str, to: Remote, policy: pulumi.Output[SnapshotPolicy], latest: pulumi.Input[Release | None]
    ) -> None:
        self.to = to
        self._name, self._policy, self._latest = name, policy, latest
        self._session = session_of_stack()
        self._migrated: dict[str, Migrated] = {}

    def of_release(self) -> pulumi.ResourceHookBinding:
        """Hooks of the parameter that names the release: it is changed when the release serves, never before.

        The first release needs none: the machine that does not exist yet brings it up at its boot.
        """
        return pulumi.ResourceHookBinding(
            before_update=[pulumi.ResourceHook(f"{self._name}-release", self._release)],
        )

    def of_group(self) -> pulumi.ResourceHookBinding:
        """Hooks of the auto scaling group: it is there when its site is, and a new template is a new machine."""

        async def settled(args: pulumi.ResourceHookArgs) -> None:
            await in_thread(replacement.settle, self._session(), self.to, teller(Named(args.urn)))

        hook = pulumi.ResourceHook(f"{self._name}-serves", settled)
        return pulumi.ResourceHookBinding(after_create=[hook], after_update=[hook])

    def released(
        self,
        group: aws.autoscaling.Group,
        record: pulumi.Input[str],
        latest: pulumi.Input[Release | None],
        release: pulumi.Output[Release],
    ) -> pulumi.Output[Release]:
        """The release as it is on record, known once the machine serves it; asked in every update."""
        return on_record(group, self._session, (record, latest, release), self._migrated, OneMachine(to=self.to))

    async def _release(self, args: pulumi.ResourceHookArgs) -> None:
        new, old = await known(args.new_inputs), await known(args.old_inputs)
        if new["value"] == old.get("value"):
            return
        # Who goes back after this is met by the machine: it deploys only in place of what served.
        await started_from(self._latest, self._session)
        policy, key = await self._policy.future(), str(new["value"])
        migrated = await in_thread(rollout.release, self._session(), self.to, key, policy, teller(Named(args.urn)))
        if migrated:
            self._migrated[key] = migrated
