"""What the roles' policies are limited to, and the documents they are written as. Pure: no resources."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra import naming
from infra.permissions.permission import Permission

Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One stack of one project in one region of an account, and where its state is."""

    account: str
    region: str
    project: str
    stack: str
    zone: str
    """Route 53 zone whose names the stack may change."""
    boundary_arn: str
    """Permissions boundary of every role that the stack makes."""
    deploy_role_arn: str
    existing_secrets: tuple[str, ...] = ()
    """ARNs of the secrets and parameters that the stack reads and did not make."""
    other_names: tuple[str, ...] = ()
    """Aliases of the site outside of the zone, which are in other zones."""
    permissions: tuple[Permission, ...] = ()
    """What the application calls besides (hosting.toml)."""
    earlier_buckets: tuple[str, ...] = ()
    """Buckets of the stack whose names do not begin with its prefix (bootstrap/earlier_buckets.py)."""
    state_bucket_arn: str | None = None
    state_key_arn: str | None = None
    """KMS key of the secrets in the state. Both are None with Pulumi Cloud."""

    @property
    def roles(self) -> str:
        """The roles that the stack makes (infra/permissions_boundary.py)."""
        return f"arn:aws:iam::{self.account}:role/{self.project}/{self.stack}/*"

    @property
    def record_names(self) -> list[str]:
        """Names of the stack's DNS records: addresses, proofs of the certificate, mail."""
        others = (pattern for name in self.other_names for pattern in (name, f"_*.{name}"))
        return [self.zone, f"*.{self.zone}", *others]

    @property
    def parameters(self) -> str:
        """The SSM parameters of the stack (infra/naming.py)."""
        return f"arn:aws:ssm:{self.region}:{self.account}:parameter/{self.project}/{self.stack}/*"

    @property
    def buckets(self) -> list[str]:
        """The S3 buckets of the stack (infra/naming.py)."""
        # So many characters and no more: `*` would also match the buckets of a stack whose name goes on with `-media`.
        made = "?" * naming.BUCKET_SUFFIX_LENGTH
        roles = (naming.ACCESS_LOG_BUCKET, naming.MEDIA_BUCKET)
        prefixes = [naming.bucket_prefix(self.project, self.stack, role) for role in roles]
        return [f"arn:aws:s3:::{name}" for name in (*(f"{prefix}{made}" for prefix in prefixes), *self.earlier_buckets)]

    @property
    def own_tags(self) -> dict[str, str]:
        """Condition keys of the tags that every resource of the stack has (infra/tags.py)."""
        return {"aws:ResourceTag/Project": self.project, "aws:ResourceTag/Stack": self.stack}

    @property
    def state_objects(self) -> str:
        """The state of the project in the bucket; the bootstrap stack's own has another prefix."""
        return f"{self.state_bucket_arn}/{self.project}/*"


def allow(
    actions: Sequence[str], resource: str | Sequence[str] = "*", condition: Mapping[str, Any] | None = None
) -> Statement:
    """A statement that allows actions; `condition` by operator."""
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def named(service: str, names: str) -> list[str]:
    """Actions of one service, from names separated by spaces."""
    return [f"{service}:{name}" for name in names.split()]


def document(*statements: Statement) -> str:
    """A policy without white space: IAM counts it in inline policies."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))
