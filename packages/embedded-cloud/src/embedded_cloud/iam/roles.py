"""Roles as moto has them: their policies, and which service may take them."""

from typing import Any

from moto.iam.models import IAMBackend, Role

from embedded_cloud.iam.evaluation import Policies, Request, effects


def find(iam: IAMBackend, arn: str) -> Role | None:
    """The role with this ARN."""
    return next((one for one in iam.roles.values() if one.arn == arn), None)


def policies(entity: Any, iam: IAMBackend, session: str = "") -> Policies:
    """The policies of a role or a user, its boundary among them. A boundary that is gone allows nothing.

    `session`: the policy that was given with AssumeRole.
    """
    arn = getattr(entity, "permissions_boundary_arn", None)
    boundary = iam.managed_policies.get(arn)
    return Policies(
        identity=(*entity.policies.values(), *map(_document, entity.managed_policies.values())),
        boundary=((_document(boundary),) if boundary else ()) if arn else None,
        session=(session,) if session else None,
    )


def _document(policy: Any) -> str:
    """The default version of a managed policy."""
    return next(str(one.document) for one in policy.versions if one.version_id == policy.default_version_id)


def trusts(role: Role, service: str, source_arn: str) -> bool:
    """Whether a service may take the role on behalf of this resource."""
    context = {"aws:SourceAccount": role.account_id, "aws:SourceArn": source_arn}
    request = Request(action="sts:AssumeRole", context=context)
    return effects(request, [role.assume_role_policy_document], {"Service": service}) == {"Allow"}
