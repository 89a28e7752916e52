"""Permissions of the deploy role: what `pulumi up` of the hosted program makes. Pure: no resources."""

from collections.abc import Iterable

from bootstrap.changes import changes, handed_over
from bootstrap.foreign_resources import foreign_resources
from bootstrap.preview_policy import preview_policy
from bootstrap.scope import Scope, Statement, allow, document, named
from infra.provider.actions.compute import COMPUTE
from infra.provider.actions.data import DATA
from infra.provider.actions.model import Actions
from infra.provider.actions.network import NETWORK
from infra.provider.actions.operations import OPERATIONS
from infra.provider.actions.requests import FUNCTIONS, REQUESTS
from infra.provider.actions.table import EVERYTHING

_ROWS: dict[str, Iterable[Actions]] = {
    "compute": (*NETWORK.values(), *COMPUTE.values()),
    "data": DATA.values(),
    "operations": (*OPERATIONS.values(), *FUNCTIONS.values(), *REQUESTS.values()),
}
TOPICS = ("read", *_ROWS, "roles", "foreign")
"""Of the deploy role's policies. IAM attaches at most 10 to a role, new ones before those that they replace."""


def deploy_policies(scope: Scope) -> dict[str, str]:
    """Managed policies of the deploy role, by topic.

    What a preview reads, the changes of the table, the roles that services get, the state, and a denial for resources
    with other tags. It can change neither itself nor the boundary.
    """
    return {
        "read": preview_policy(scope),
        **{topic: document(*changes(rows, scope)) for topic, rows in _ROWS.items()},
        "roles": document(*handed_over(EVERYTHING, scope), *_write_state(scope)),
        "foreign": document(*foreign_resources(scope)),
    }


def _write_state(scope: Scope) -> list[Statement]:
    if scope.state_bucket_arn is None or scope.state_key_arn is None:
        return []
    return [
        allow(named("s3", "DeleteObject PutObject"), scope.state_objects),
        allow(["kms:Encrypt"], scope.state_key_arn),
    ]
