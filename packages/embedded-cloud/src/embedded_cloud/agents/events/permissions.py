"""What the role of a schedule or a pipe allows."""

from collections.abc import Iterable
from dataclasses import dataclass

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.iam import roles
from embedded_cloud.iam.conditions import UnknownPolicyError
from embedded_cloud.iam.decisions import role_of
from embedded_cloud.iam.operations.call import Call
from embedded_cloud.iam.operations.table import requests
from embedded_cloud.iam.resources import MotoResources


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A service that acts with a role on behalf of one of its resources."""

    service: str
    """Such as `scheduler.amazonaws.com`."""
    role_arn: str
    source_arn: str
    """`aws:SourceArn` of trust policies: the schedule's group, or the pipe."""
    session: str
    """Name of the role's session."""


def refusal(context: CloudContext, caller: Caller, calls: Iterable[Call]) -> str:
    """Why the first of these calls that may not be made is refused, in AWS's words; empty when all may be.

    A policy that cannot be evaluated here refuses too, and is named. Hold the cloud's lock.
    """
    role = role_of(caller.role_arn)
    try:
        trusted = role is not None and roles.trusts(role, caller.service, caller.source_arn)
    except UnknownPolicyError as error:
        return f"The embedded cloud cannot evaluate the trust policy of {caller.role_arn}: {error}"
    if not trusted:
        return f"User: {caller.service} is not authorized to perform: sts:AssumeRole on resource: {caller.role_arn}"
    session, resources = context.decisions.session(caller.role_arn, caller.session), MotoResources()
    for call in calls:
        if refused := context.decisions.refused(session, requests(call, resources), resources=resources):
            return refused.message
    return ""
