"""IAM: AWS's managed policies, read once and for one partition; quotas of policies."""

import json
from functools import lru_cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import LimitExceededException
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, Role
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from embedded_cloud.api.moto_patches.replace import Method, replace_method, wrap_method

POLICY_SIZE = 6144
ROLE_POLICIES_SIZE = 10240
"""Sum of a role's inline policies."""
TRUST_SIZE = 2048
POLICIES_PER_ROLE = 10
"""Characters without white space, and managed policies on a role; AWS raises the last two on request
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""


def apply() -> None:
    """Patch IAM. moto reads 24 MB for each AWS partition at the first request, which takes a second."""
    replace_method(IAMBackend, "_init_aws_policies", lambda _: _aws_policies)
    wrap_method(IAMBackend, "create_policy", _create_policy)
    wrap_method(IAMBackend, "create_policy_version", _create_policy_version)
    wrap_method(IAMBackend, "create_role", _create_role)
    wrap_method(IAMTrustPolicyDocumentValidator, "validate", _validate_trust)
    wrap_method(ManagedPolicy, "attach_to", _attach)
    wrap_method(Role, "put_policy", _put_policy)


def _size(document: str) -> int:
    return len("".join(document.split()))


def _within(quota: str, limit: int, value: int) -> None:
    if value > limit:
        raise LimitExceededException(f"Cannot exceed quota for {quota}: {limit}")


def _create_policy(original: Method, self: IAMBackend, description: str, path: str, document: str, *rest: Any) -> Any:
    _within("PolicySize", POLICY_SIZE, _size(document))
    return original(self, description, path, document, *rest)


def _create_policy_version(original: Method, self: IAMBackend, arn: str, document: str, *rest: Any) -> Any:
    _within("PolicySize", POLICY_SIZE, _size(document))
    return original(self, arn, document, *rest)


def _create_role(original: Method, self: IAMBackend, name: str, document: str, *rest: Any, **named: Any) -> Any:
    _within("ACLSizePerRole", TRUST_SIZE, _size(document))
    return original(self, name, document, *rest, **named)


def _validate_trust(original: Method, self: IAMTrustPolicyDocumentValidator) -> None:
    _within("ACLSizePerRole", TRUST_SIZE, _size(self._policy_document))
    original(self)


def _attach(original: Method, self: ManagedPolicy, owner: Any) -> None:
    if isinstance(owner, Role):
        _within("PoliciesPerRole", POLICIES_PER_ROLE, len({*owner.managed_policies, self.arn}))
    original(self, owner)


def _put_policy(original: Method, self: Role, name: str, document: str) -> None:
    sizes = {one: _size(text) for one, text in self.policies.items()}
    if sum({**sizes, name: _size(document)}.values()) > ROLE_POLICIES_SIZE:
        raise LimitExceededException(f"Maximum policy size of {ROLE_POLICIES_SIZE} bytes exceeded for role {self.name}")
    original(self, name, document)


def _aws_policies(self: IAMBackend) -> list[AWSManagedPolicy]:
    if self.region_name != "aws":
        return []
    policies = list(_shipped(self.account_id))
    for policy in policies:
        policy.attachment_count = 0
    return policies


@lru_cache
def _shipped(account: str) -> tuple[AWSManagedPolicy, ...]:
    # The text and its parsed form are five times as large as the policies.
    data = json.loads(aws_managed_policies_data)
    return tuple(AWSManagedPolicy.from_data(name, account, "aws", policy) for name, policy in data.items())
