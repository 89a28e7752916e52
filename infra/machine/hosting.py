"""A release on one machine: the machine itself says what serves, through Systems Manager."""

from dataclasses import dataclass

import boto3

from infra.machine import remote, replacement, rollout
from infra.machine.remote import Remote
from infra.release.record import Release
from infra.release.release_state import ReleaseState
from infra.release.telling import Tell


@dataclass(frozen=True, kw_only=True)
class OneMachine:
    """`Hosting` by an auto scaling group of one."""

    to: Remote
    address: str
    """Allocation id of the Elastic IP."""

    def verify(self, session: boto3.Session, release: Release, _latest: Release | None, _tell: Tell) -> str:
        """The key of the release that the machine with the address serves."""
        replacement.wait_until_it_serves(session, self.to.group, self.address)
        return release.task_definition

    def stale(self, _session: boto3.Session, _release: Release) -> list[str]:
        """Nothing: the slot of before is removed before a deploy ends."""
        return []

    def same(self, _release: Release, _latest: Release | None) -> tuple[str, ...]:
        """None: a release has the name of its content."""
        return ()

    def retire_roles(self, session: boto3.Session, latest: Release, release: Release, tell: Tell) -> None:
        """On the machine, in a container of the new release."""

    def state(self, session: boto3.Session, release: Release) -> ReleaseState:
        """On the machine, in a container of the release."""
        return rollout.state_in(remote.run(session, self.to, "prepare", release.task_definition))
