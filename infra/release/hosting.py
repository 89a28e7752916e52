"""What the record of releases asks of the kind of hosting that a release runs on: Fargate, or one machine."""

from typing import Protocol

import boto3

from infra.release.migration import Migrated
from infra.release.record import Release
from infra.release.telling import Tell


class Hosting(Protocol):
    """One kind of hosting. Every method raises ReleaseError that says why, and what to do."""

    def verify(self, session: boto3.Session, release: Release, latest: Release | None, tell: Tell) -> str:
        """What runs, as `Release.task_definition` names it, once that is what was asked for and visitors get it.

        `latest` is the last release on record: it may run the same under another name.
        """

    def stale(self, session: boto3.Session, release: Release) -> list[str]:
        """What still runs of an earlier release beside this one, in words."""

    def retire_roles(self, session: boto3.Session, latest: Release, release: Release, tell: Tell) -> None:
        """After a rotation take the login from the earlier database role, once nothing holds its secret any more."""

    def found_out(self, session: boto3.Session, release: Release) -> Migrated:
        """What an earlier update did for the release, as far as it can still be found."""
