"""What a machine says of itself (program/status.py), read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3

from infra.machine import remote
from infra.machine.remote import Remote
from infra.release.errors import ReleaseError


@dataclass(frozen=True, kw_only=True)
class Status:
    """One machine, as it is now."""

    release: str | None
    """Key of what serves."""
    problem: str
    """Why the site does not answer there, with the states and last lines of the containers; empty when it does."""
    at_work: str
    """What is done there now, such as a deploy, and since when; empty when nothing is."""
    containers: Sequence[str]
    """Project, service and state of each."""
    stale: Sequence[str]
    """Those that are not of the slot that serves."""
    slot: str = ""
    migrated: Sequence[str] = ()
    """Migrations that this machine ran for the release, as `<app>.<name>`."""
    boot: Mapping[str, Any] | None = field(default=None)
    """`tries`, `since` and `why`, while the site has not come up."""


def read(session: boto3.Session, to: Remote, instance: str = "") -> Status:
    """Ask the machine that serves, or this one. Raises ReleaseError."""
    said = remote.ask(session, to, instance, "status") if instance else remote.run(session, to, "status")
    try:
        found = json.loads(said.splitlines()[-1])
        return Status(**{name: found[name] for name in Status.__dataclass_fields__ if name in found})
    except (ValueError, IndexError, TypeError):
        raise ReleaseError(f"the machine was asked for its status and answered something else: {said[-500:]}") from None
