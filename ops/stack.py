"""Find a stack by its release record, and open a session in its region and account."""

import re
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from infra.release.history import ReleaseHistory
from infra.release.record import ReleaseRecord, parameter_name, unsupported_hosting
from ops import project
from ops.errors import OpsError, Refused, UsageError

CLIENT_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 4})
"""In seconds. Short, so that a wrong region or a missing network fails soon."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A deployed stack."""

    project: str
    name: str
    session: boto3.Session
    record: ReleaseHistory

    @property
    def region(self) -> str:
        """The stack's region."""
        return str(self.session.region_name)

    def history(self) -> list[ReleaseRecord]:
        """Its releases, oldest first. Raises OpsError when there is none, Refused when the last used other hosting."""
        history = self.record.records()
        if not history:
            raise OpsError(f"Stack {self.name} has no release yet: no `pulumi up` has succeeded. Run it.")
        if problem := unsupported_hosting(history[-1]):
            raise Refused(problem)
        return history


def find(stack: str | None, project_name: str | None, region: str | None) -> Stack:
    """The stack with this name, else the only one of the project. Raises UsageError when none or several match."""
    # Pulumi writes `organisation/project/stack`.
    wanted = stack.rpartition("/")[2] if stack else None
    owner = project_name or project.name()
    session = open_session(wanted, region)
    deployed = stacks(session, owner)
    name = wanted or _only(deployed, owner, session)
    if name not in deployed:
        raise UsageError(_not_deployed(f"Stack {name} of project {owner} is not deployed", deployed, session))
    record = ReleaseHistory(session, parameter_name(owner, name))
    return Stack(project=owner, name=name, session=session, record=record)


def open_session(stack: str | None, region: str | None) -> boto3.Session:
    """A session with the profile and region that `pulumi up` uses for the stack, else with those of the environment."""
    core = botocore.session.Session(profile=project.stack_setting(stack, "aws:profile"))
    core.set_default_client_config(CLIENT_CONFIG)
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


def tagged(session: boto3.Session, project: str, stack: str, kind: str) -> list[str]:
    """ARNs of the stack's resources of one kind, by the tags that infra/naming.py adds to every resource."""
    filters = [{"Key": "Project", "Values": [project]}, {"Key": "Stack", "Values": [stack]}]
    paginator: Any = session.client("resourcegroupstaggingapi").get_paginator("get_resources")
    pages = paginator.paginate(TagFilters=filters, ResourceTypeFilters=[kind])
    return sorted(one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"])


def _only(deployed: list[str], owner: str, session: boto3.Session) -> str:
    if not deployed:
        raise UsageError(_not_deployed(f"No stack of project {owner} is deployed", deployed, session))
    if len(deployed) > 1:
        raise UsageError(
            f"Project {owner} has several stacks in {session.region_name}. Give --stack {'|'.join(deployed)}."
        )
    return deployed[0]


def _not_deployed(problem: str, deployed: list[str], session: boto3.Session) -> str:
    account = session.client("sts").get_caller_identity()["Account"]
    hint = f"Deployed: {', '.join(deployed)}." if deployed else "Check --region, --project and the credentials."
    return f"{problem} in account {account}, region {session.region_name}. {hint}"
