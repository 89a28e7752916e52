"""Which stack is meant, and a session where it lives."""

import re
from dataclasses import dataclass

import boto3
import botocore.session
from botocore.config import Config

from infra.release.record import Release, ReleaseRecord, parameter_name
from ops import project
from ops.errors import OpsError, UsageError

CLIENTS = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 4})
"""Seconds; whoever mistypes a region or forgets the network learns it soon."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A deployed stack, found by its release record."""

    project: str
    name: str
    session: boto3.Session
    record: ReleaseRecord

    @property
    def region(self) -> str:
        """Where it lives."""
        return str(self.session.region_name)

    def history(self) -> list[Release]:
        """Its releases, oldest first. Raises OpsError when none was ever good."""
        history = self.record.history()
        if not history:
            raise OpsError(
                f"Stack {self.name} has no release yet: no `pulumi up` has ended well. Run it; it says what is wrong."
            )
        return history


def find(stack: str | None, project_name: str | None, region: str | None) -> Stack:
    """The stack of that name, else the only one of the project. Raises UsageError when none or several fit."""
    # `organisation/project/stack` is how Pulumi itself writes it.
    wanted = stack.rpartition("/")[2] if stack else None
    owner = project_name or project.name()
    session = open_session(wanted, region)
    there = stacks(session, owner)
    name = wanted or _the_only(there, owner, session)
    if name not in there:
        raise UsageError(_not_there(f"Stack {name} of project {owner} is not deployed", there, session))
    record = ReleaseRecord(session, parameter_name(owner, name))
    return Stack(project=owner, name=name, session=session, record=record)


def open_session(stack: str | None, region: str | None) -> boto3.Session:
    """A session with the stack's own profile and region, as `pulumi up` uses them, else with the environment's."""
    core = botocore.session.Session(profile=project.stack_setting(stack, "aws:profile"))
    core.set_default_client_config(CLIENTS)
    chosen = region or project.stack_setting(stack, "aws:region") or core.get_config_variable("region")
    return boto3.Session(botocore_session=core, region_name=chosen or project.default_setting("aws:region"))


def stacks(session: boto3.Session, project_name: str) -> list[str]:
    """The names of the project's stacks in this account and region, sorted."""
    pages = (
        session.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=f"/{project_name}", Recursive=True)
    )
    names = (parameter["Name"] for page in pages for parameter in page["Parameters"])
    found = (
        re.fullmatch(re.escape(parameter_name(project_name, "STACK")).replace("STACK", "([^/]+)"), one) for one in names
    )
    return sorted(match[1] for match in found if match)


def _the_only(there: list[str], owner: str, session: boto3.Session) -> str:
    if not there:
        raise UsageError(_not_there(f"No stack of project {owner} is deployed", there, session))
    if len(there) > 1:
        raise UsageError(
            f"Project {owner} has several stacks in {session.region_name}. Give --stack {'|'.join(there)}."
        )
    return there[0]


def _not_there(problem: str, there: list[str], session: boto3.Session) -> str:
    account = session.client("sts").get_caller_identity()["Account"]
    hint = f"There is: {', '.join(there)}." if there else "Look at --region, --project and the credentials."
    return f"{problem} in account {account}, region {session.region_name}. {hint}"
