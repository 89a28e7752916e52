"""Where the machine meets Pulumi: what happens before its release is put on record, and after its group is made."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pulumi
from botocore.exceptions import BotoCoreError, ClientError

from infra.machine import replacement, rollout
from infra.machine.remote import Remote
from infra.release.errors import ReleaseError
from infra.release.hooks import known, session_of_stack
from infra.release.snapshot import SnapshotPolicy

T = TypeVar("T")


class MachineSupervision:
    """The machine's way through an update. Nothing happens in previews: the engine runs no hooks there."""

    def __init__(self, name: str, to: Remote, policy: pulumi.Output[SnapshotPolicy]) -> None:
        self.to = to
        self._name, self._policy = name, policy
        self._session = session_of_stack()

    def of_release(self) -> pulumi.ResourceHookBinding:
        """Hooks of the parameter that names the release: it is changed when the release serves, never before.

        The first release needs none: the machine that does not exist yet brings it up at its boot.
        """
        return pulumi.ResourceHookBinding(
            before_update=[pulumi.ResourceHook(f"{self._name}-release", self._release)],
        )

    def of_group(self, address: pulumi.Output[str]) -> pulumi.ResourceHookBinding:
        """Hooks of the auto scaling group: it is there when its site is, and a new template is a new machine."""

        async def serves(_: pulumi.ResourceHookArgs) -> None:
            allocation = str(await address.future())
            await _in_thread(replacement.wait_until_it_serves, self._session(), self.to.group, allocation)

        async def replaced(args: pulumi.ResourceHookArgs) -> None:
            new, old = await known(args.new_inputs), await known(args.old_inputs)
            if new["launchTemplate"] == old.get("launchTemplate"):
                return
            allocation = str(await address.future())
            await _in_thread(replacement.replace, self._session(), self.to.group, allocation, _tell)

        return pulumi.ResourceHookBinding(
            after_create=[pulumi.ResourceHook(f"{self._name}-serves", serves)],
            after_update=[pulumi.ResourceHook(f"{self._name}-replaced", replaced)],
        )

    async def _release(self, args: pulumi.ResourceHookArgs) -> None:
        new, old = await known(args.new_inputs), await known(args.old_inputs)
        if new["value"] == old.get("value"):
            return
        policy = await self._policy.future()
        await _in_thread(rollout.release, self._session(), self.to, new["value"], policy, _tell)


def _tell(line: str) -> None:
    pulumi.log.info(line)


async def _in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Run what blocks beside the program's own loop, which has other resources to register meanwhile."""
    try:
        return await asyncio.to_thread(function, *arguments)
    except (BotoCoreError, ClientError) as error:
        raise ReleaseError(
            f"AWS could not be asked about the machine: {error}\n"
            "Nothing is lost: look at network and credentials, then run `pulumi up` again; it goes on from here."
        ) from None
