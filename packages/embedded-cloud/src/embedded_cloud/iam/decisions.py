"""Decide about requests of roles, and write each decision down once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from moto.iam.models import IAMBackend, Role, iam_backends

from embedded_cloud.config import ACCOUNT_ID, REGION
from embedded_cloud.iam import evaluation, roles
from embedded_cloud.iam.conditions import UnknownPolicyError
from embedded_cloud.iam.evaluation import Policies, Request
from embedded_cloud.iam.record import Record
from embedded_cloud.iam.resource_policies import Verdict, verdict
from embedded_cloud.iam.resources import MotoResources, Resources

_EVERYTHING = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
_TAGS = "ResourceTag/"
_TAKES_ROLE = "sts:AssumeRole"
_ABSENT = {True: Verdict.SILENT, False: Verdict.ACCOUNT}
"""By whether the resource is a role: one that does not exist trusts nobody, and of a key the service says so."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """Somebody who acts with a role."""

    name: str
    role_arn: str
    policies: Policies
    account: str = ACCOUNT_ID

    @property
    def arn(self) -> str:
        """As AWS's messages name the caller."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role_arn.rpartition('/')[2]}/{self.name}"


@dataclass(frozen=True)
class Refused:
    """What IAM does not allow, and why."""

    session: Session
    request: Request
    reason: str
    """As AWS ends its message."""

    @property
    def message(self) -> str:
        """docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
        return self.worded()

    def worded(self, *, action: str = "", resource: str = "") -> str:
        """The message with a service's own spelling of action or resource."""
        reason = self.reason.replace(self.request.action, action) if action else self.reason
        where = f"{action or self.request.action} on resource: {resource or self.request.resource}"
        return f"User: {self.session.arn} is not authorized to perform: {where} {reason}"


class Decisions:
    """What IAM decides here. Callers hold the cloud's lock."""

    def __init__(self, state_dir: Path) -> None:
        self._record = Record(state_dir / "iam-decisions.jsonl")

    def session(self, role_arn: str, name: str, policy: str = "") -> Session:
        """The session `name` of a role, with the policy that AssumeRole got. A role that is gone allows nothing."""
        role = roles.find(_iam(), role_arn)
        found = roles.policies(role, _iam(), policy) if role else Policies()
        return Session(name=name, role_arn=role_arn, policies=found)

    def refused(
        self, session: Session, needed: Iterable[Request], *, region: str = REGION, resources: Resources | None = None
    ) -> Refused | None:
        """The first of the requests that is not allowed; None when all are."""
        known = resources or MotoResources(region)
        for request in needed:
            try:
                reason = refusal(session, request, known, region)
            except (UnknownPolicyError, ValueError) as error:
                reason = f"because the embedded cloud cannot evaluate its policies: {error}"
            self._record.add(session.role_arn, request, reason)
            if reason:
                return Refused(session, request, reason)
        return None

    def unknown(self, session: Session, operation: str) -> Refused:
        """The refusal of an operation that the tables do not know."""
        request = Request(action=operation)
        reason = f"because the embedded cloud does not know what {operation} needs (embedded_cloud/iam/operations)"
        self._record.add(session.role_arn, request, reason)
        return Refused(session, request, reason)


def refusal(session: Session, request: Request, resources: Resources, region: str = REGION) -> str:
    """Why a session may not send a request; empty when it may. Raises UnknownPolicyError."""
    context = {**_global(session, region), **_tags(session, request, resources), **request.context}
    known, policies = replace(request, context=context), session.policies
    if request.action.startswith("kms:") or request.action == _TAKES_ROLE:
        document = resources.policy(request.resource)
        found = verdict(document, known, session.role_arn) if document else _ABSENT[request.action == _TAKES_ROLE]
        if found is Verdict.DENIED:
            return "with an explicit deny in a resource-based policy"
        if found is Verdict.SILENT:
            return f"because no resource-based policy allows the {request.action} action"
        if found is Verdict.ROLE:
            policies = replace(policies, identity=(*policies.identity, _EVERYTHING))
    return evaluation.refusal(known, policies)


def _global(session: Session, region: str) -> dict[str, str]:
    """docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    now = datetime.now(UTC)
    return {
        "aws:CurrentTime": now.isoformat(timespec="seconds"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:PrincipalAccount": session.account,
        "aws:PrincipalArn": session.role_arn,
        "aws:PrincipalType": "AssumedRole",
        "aws:RequestedRegion": region,
        "aws:ResourceAccount": session.account,
        "aws:SecureTransport": "true",
    }


def _tags(session: Session, request: Request, resources: Resources) -> dict[str, str]:
    """Looked up only where a policy asks for them."""
    if not any(_TAGS in str(one) for one in session.policies.documents):
        return {}
    service = request.action.partition(":")[0]
    tags = resources.tags(request.resource)
    return {f"{prefix}:{_TAGS}{key}": value for prefix in ("aws", service) for key, value in tags.items()}


def role_of(arn: str) -> Role | None:
    """moto's role with this ARN."""
    return roles.find(_iam(), arn)


def _iam() -> IAMBackend:
    return iam_backends[ACCOUNT_ID]["aws"]
