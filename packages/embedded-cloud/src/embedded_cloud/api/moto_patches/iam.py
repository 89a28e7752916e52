"""IAM: AWS's managed policies, read once and for one partition; quotas of policies."""

import json
from functools import lru_cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import LimitExceededException
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, Role
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from embedded_cloud.api.moto_patches.replace import check_before, replace_method

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
    check_before(IAMBackend, "create_policy", _managed_policy)
    check_before(IAMBackend, "create_policy_version", _managed_policy)
    check_before(IAMBackend, "create_role", _new_role)
    check_before(IAMTrustPolicyDocumentValidator, "validate", _trust)
    check_before(ManagedPolicy, "attach_to", _attach)
    check_before(Role, "put_policy", _put_policy)


def _size(document: str) -> int:
    return len("".join(document.split()))


def _within(quota: str, limit: int, value: int) -> None:
    if value > limit:
        raise LimitExceededException(f"Cannot exceed quota for {quota}: {limit}")


def _managed_policy(_: IAMBackend, policy_document: str) -> None:
    _within("PolicySize", POLICY_SIZE, _size(policy_document))


def _new_role(_: IAMBackend, assume_role_policy_document: str) -> None:
    _within("ACLSizePerRole", TRUST_SIZE, _size(assume_role_policy_document))


def _trust(validator: IAMTrustPolicyDocumentValidator) -> None:
    _within("ACLSizePerRole", TRUST_SIZE, _size(validator._policy_document))


def _attach(policy: ManagedPolicy, obj: Any) -> None:
    if isinstance(obj, Role):
        _within("PoliciesPerRole", POLICIES_PER_ROLE, len({*obj.managed_policies, policy.arn}))


def _put_policy(role: Role, policy_name: str, policy_json: str) -> None:
    sizes = {name: _size(text) for name, text in role.policies.items()}
    if sum({**sizes, policy_name: _size(policy_json)}.values()) > ROLE_POLICIES_SIZE:
        raise LimitExceededException(f"Maximum policy size of {ROLE_POLICIES_SIZE} bytes exceeded for role {role.name}")


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
