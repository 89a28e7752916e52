"""IAM: AWS's managed policies read once, for the one partition that this cloud plays."""

import json
from functools import lru_cache

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from local.cloud.moto_patches.replace import replace_method


def apply() -> None:
    """Patch IAM. moto reads 24 MB for each partition of the world at its first request: a second of every start."""
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
    # The policies are kept, not the text and the trees they are made of: those are five times as large.
    data = json.loads(aws_managed_policies_data)
    return tuple(AWSManagedPolicy.from_data(name, account, "aws", policy) for name, policy in data.items())
