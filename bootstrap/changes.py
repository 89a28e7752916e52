"""Statements that allow the changes of rows of the table, within the stack. Pure: no resources."""

from collections.abc import Callable, Iterable, Sequence

from bootstrap.scope import Scope, Statement, allow
from infra.policies import MONITORING_POLICY
from infra.provider.actions.model import Actions, Reach

_ATTACHMENTS = ("iam:AttachRolePolicy", "iam:DetachRolePolicy")
_BOUNDED = ("iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")
"""Actions that IAM compares with a role's boundary
(docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html)."""


def changes(rows: Iterable[Actions], scope: Scope) -> list[Statement]:
    """What the rows change, a statement for each reach."""
    known, statements = tuple(rows), []
    for reach, limited in _LIMITS.items():
        if actions := sorted({action for row in known for action in row.changes(reach)}):
            statements += limited(actions, scope)
    return statements


def handed_over(rows: Iterable[Actions], scope: Scope) -> list[Statement]:
    """Roles that services get from the program, and those that they make for themselves."""
    known = tuple(rows)
    passed = {"iam:PassedToService": _hosts(one for row in known for one in row.passes_role_to)}
    linked = {"iam:AWSServiceName": _hosts(one for row in known for one in row.linked_role_of)}
    service_roles = f"arn:aws:iam::{scope.account}:role/aws-service-role/*"
    return [
        allow(["iam:PassRole"], scope.roles, condition={"StringEquals": passed}),
        allow(["iam:CreateServiceLinkedRole"], service_roles, condition={"StringEquals": linked}),
    ]


def _hosts(services: Iterable[str]) -> list[str]:
    return sorted({f"{service}.amazonaws.com" for service in services})


def _region(actions: Sequence[str], scope: Scope) -> list[Statement]:
    return [allow(actions, condition={"StringEquals": {"aws:RequestedRegion": scope.region}})]


def _account(actions: Sequence[str], _: Scope) -> list[Statement]:
    return [allow(actions)]


def _records(actions: Sequence[str], scope: Scope) -> list[Statement]:
    names = {"route53:ChangeResourceRecordSetsNormalizedRecordNames": scope.record_names}
    return [allow(actions, condition={"ForAllValues:StringLike": names})]


def _buckets(actions: Sequence[str], scope: Scope) -> list[Statement]:
    return [allow(actions, [*scope.buckets, *(f"{bucket}/*" for bucket in scope.buckets)])]


def _parameters(actions: Sequence[str], scope: Scope) -> list[Statement]:
    # A read by path is authorized against the path itself.
    return [allow(actions, [scope.parameters.removesuffix("/*"), scope.parameters])]


def _roles(actions: Sequence[str], scope: Scope) -> list[Statement]:
    bounded = {"StringEquals": {"iam:PermissionsBoundary": scope.boundary_arn}}
    attached = {**bounded, "ArnEquals": {"iam:PolicyARN": MONITORING_POLICY}}
    rest = [one for one in actions if one not in (*_BOUNDED, *_ATTACHMENTS)]
    return [
        allow([one for one in actions if one in _BOUNDED], scope.roles, condition=bounded),
        allow([one for one in actions if one in _ATTACHMENTS], scope.roles, condition=attached),
        allow(rest, scope.roles),
    ]


_LIMITS: dict[Reach, Callable[[Sequence[str], Scope], list[Statement]]] = {
    Reach.REGION: _region,
    Reach.ACCOUNT: _account,
    Reach.RECORDS: _records,
    Reach.BUCKETS: _buckets,
    Reach.PARAMETERS: _parameters,
    Reach.ROLES: _roles,
}
