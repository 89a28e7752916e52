"""Permissions of the preview role: descriptions of resources, and the stack's state. Pure: no resources."""

from bootstrap.scope import Scope, Statement, allow, document, named
from infra.provider.actions.table import EVERYTHING


def preview_policy(scope: Scope) -> str:
    """What `pulumi preview` and a refresh without secrets and buckets read. Those take the deploy role."""
    return document(
        allow(sorted({action for row in EVERYTHING for action in row.reads})),
        # `pulumi preview` says what the deploy role lacks (infra/provider/lacking.py).
        allow(["iam:SimulatePrincipalPolicy"], scope.deploy_role_arn),
        allow(named("ssm", "GetParameter GetParameters GetParametersByPath GetParameterHistory"), _record(scope)),
        *_read_state(scope),
    )


def _record(scope: Scope) -> list[str]:
    # A read by path is authorized against the path itself.
    return [scope.parameters.removesuffix("/*"), scope.parameters]


def _read_state(scope: Scope) -> list[Statement]:
    if scope.state_bucket_arn is None or scope.state_key_arn is None:
        return []
    return [
        allow(["s3:ListBucket"], scope.state_bucket_arn),
        allow(["s3:GetObject"], scope.state_objects),
        # A checkpoint with undecryptable secrets can't be loaded.
        allow(["kms:Decrypt"], scope.state_key_arn),
    ]
