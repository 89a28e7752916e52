"""Find a stack by its release record, and open a session in its region and account."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from infra.naming import parameter_name
from infra.provider.session import account_of, provider_session
from infra.provider.settings import refuse_account
from infra.release.history import ReleaseHistory
from infra.release.record import ReleaseRecord, unsupported_hosting
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

    def arns(self, kind: str) -> list[str]:
        """ARNs of its resources of one kind, by their tags."""
        return tagged(self.session, self.project, self.name, kind)

    def history(self) -> list[ReleaseRecord]:
        """Its releases, oldest first. Raises OpsError when there is none, Refused when the last used other hosting."""
        history = self.record.records()
        if not history:
            raise OpsError(f"Stack {self.name} has no release yet: no `pulumi up` has succeeded. Run it.")
        if problem := unsupported_hosting(history[-1]):
            raise Refused(problem)
        refuse_other_account(self.session, [history[-1].secret_arn])
        return history


def find(stack: str | None, project_name: str | None, region: str | None) -> Stack:
    """The stack with this name, else the only one of the project. Raises UsageError when none or several match."""
    # Pulumi writes `organisation/project/stack`.
    wanted = stack.rpartition("/")[2] if stack else None
    owner = project_name or project.name()
    session = open_session(wanted, region)
    name = wanted or _only(stacks(session, owner), owner, session)
    # The pipelines' roles read the parameters of their stack only.
    if name not in stacks(session, owner, name):
        problem = f"Stack {name} of project {owner} is not deployed"
        raise UsageError(_not_deployed(problem, stacks(session, owner), session))
    record = ReleaseHistory(session, parameter_name(owner, name))
    return Stack(project=owner, name=name, session=session, record=record)


def open_session(stack: str | None, region: str | None) -> boto3.Session:
    """A session in the account and region that `pulumi up` uses for the stack; the environment supplies the rest.

    Raises ProviderSettingsError when `aws:allowedAccountIds` or `aws:forbiddenAccountIds` of the stack exclude it.
    """
    named = stack or project.stack_with_own_login()
    settings = project.provider_settings(named)
    # Without a stack, its region is unknown.
    region = region or (None if named else botocore.session.get_session().get_config_variable("region"))
    session = provider_session(settings, region, CLIENT_CONFIG)
    if settings.keys() & {"allowedAccountIds", "forbiddenAccountIds"}:
        refuse_account(settings, account_of(session))
    return session


def refuse_other_account(session: boto3.Session, arns: Iterable[str]) -> None:
    """Raise Refused unless the session's account is the one of these ARNs; some ARNs name none."""
    accounts = {arn.split(":")[4] for arn in arns if arn.startswith("arn:")} - {"", "aws"}
    if accounts and (ours := account_of(session)) not in accounts:
        raise Refused(
            f"The stack is in account {' and '.join(sorted(accounts))}, and these credentials belong to {ours}. "
            "Nothing was touched. Use those of the stack: AWS_PROFILE, or aws:profile or aws:assumeRoles in its file."
        )


def stacks(session: boto3.Session, project_name: str, only: str = "") -> list[str]:
    """The names of the project's stacks in this account and region, sorted; or one of them, if it is deployed."""
    path = f"/{project_name}/{only}".rstrip("/")
    pages = session.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    names = (parameter["Name"] for page in pages for parameter in page["Parameters"])
    found = (
        re.fullmatch(re.escape(parameter_name(project_name, "STACK")).replace("STACK", "([^/]+)"), one) for one in names
    )
    return sorted(match[1] for match in found if match)


def tagged(session: boto3.Session, project: str, stack: str, kind: str) -> list[str]:
    """ARNs of the stack's resources of one kind, by the tags that infra/tags.py adds to every resource."""
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
    account = account_of(session)
    hint = f"Deployed: {', '.join(deployed)}." if deployed else "Check --region, --project and the credentials."
    return f"{problem} in account {account}, region {session.region_name}. {hint}"
