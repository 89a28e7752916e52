"""IAM: AWS's managed policies, read once and for one partition."""

import json
from functools import lru_cache

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from embedded_cloud.api.moto_patches.replace import replace_method


def apply() -> None:
    """Patch IAM. moto reads 24 MB for each AWS partition at the first request, which takes a second."""
    replace_method(IAMBackend, "_init_aws_policies", lambda _: _aws_policies)


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
