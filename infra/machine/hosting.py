"""A release on one machine: the machine itself says what serves, through Systems Manager."""

from dataclasses import dataclass

import boto3

from infra.machine import remote, rollout, status, verdict
from infra.machine.remote import Remote
from infra.release import snapshot
from infra.release.migration import Migrated
from infra.release.record import Release
from infra.release.telling import Tell


@dataclass(frozen=True, kw_only=True)
class OneMachine:
    """`Hosting` by an auto scaling group of one."""

    to: Remote

    def verify(self, session: boto3.Session, release: Release, _latest: Release | None, tell: Tell) -> str:
        """The key of the release that the machine with the address serves."""
        return str(verdict.verify(session, self.to, release.parameter, release.task_definition, tell).release)

    def stale(self, _session: boto3.Session, _release: Release) -> list[str]:
        """Nothing: what is left of an earlier release is removed before there is a verdict."""
        return []

    def retire_roles(self, session: boto3.Session, latest: Release, release: Release, tell: Tell) -> None:
        """On the machine, by a container of the new release, once it is alone there."""
        if latest.secret_version == release.secret_version:
            return
        remote.run(session, self.to, "retire", release.task_definition)
        tell("The machine runs with the new secrets; the earlier database role can log in no more")

    def found_out(self, session: boto3.Session, release: Release) -> Migrated:
        """As the machine remembers it, and by a container of the release."""
        key = release.task_definition
        state = rollout.state_in(remote.run(session, self.to, "state", key))
        return Migrated(
            heads=state.heads,
            migrated=status.read(session, self.to).migrated,
            snapshot=snapshot.taken_for(session, release.database, key),
        )
