"""What the role of a schedule or a pipe allows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from moto.iam.models import IAMBackend

from embedded_cloud.config import REGION
from embedded_cloud.iam import evaluation, roles
from embedded_cloud.iam.conditions import UnknownPolicyError
from embedded_cloud.iam.evaluation import Request


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A service that acts with a role on behalf of one of its resources."""

    service: str
    """Such as `scheduler.amazonaws.com`."""
    role_arn: str
    source_arn: str
    """`aws:SourceArn` of trust policies: the schedule's group, or the pipe."""


def refusal(iam: IAMBackend, caller: Caller, needed: Iterable[Request]) -> str:
    """Why the first of these requests that may not be sent is refused, in AWS's words; empty when all may be.

    A policy that cannot be evaluated here refuses too, and is named.
    """
    try:
        return _refusal(iam, caller, needed)
    except UnknownPolicyError as error:
        return f"The embedded cloud cannot evaluate the policies of {caller.role_arn}: {error}"


def _refusal(iam: IAMBackend, caller: Caller, needed: Iterable[Request]) -> str:
    role = roles.find(iam, caller.role_arn)
    if role is None or not roles.trusts(role, caller.service, caller.source_arn):
        return f"User: {caller.service} is not authorized to perform: sts:AssumeRole on resource: {caller.role_arn}"
    policies = roles.policies(role)
    user = f"arn:aws:sts::{role.account_id}:assumed-role/{role.name}"
    always = {"aws:RequestedRegion": REGION, "aws:PrincipalArn": role.arn, "aws:SecureTransport": "true"}
    for request in needed:
        if reason := evaluation.refusal(replace(request, context={**always, **request.context}), policies):
            where = f"{request.action} on resource: {request.resource}"
            return f"User: {user} is not authorized to perform: {where} {reason}"
    return ""
