"""IAM: AWS's managed policies read once, for the one partition that this cloud plays."""

import json
from functools import lru_cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from local.cloud.moto_patches.replace import replace_method


def apply() -> None:
    """Patch IAM. moto reads 24 MB for each partition of the world at its first request: a second of every start."""
    replace_method(IAMBackend, "_init_aws_policies", lambda _: _aws_policies)


def _aws_policies(self: IAMBackend) -> list[AWSManagedPolicy]:
    if self.region_name != "aws":
        return []
    return [AWSManagedPolicy.from_data(name, self.account_id, "aws", data) for name, data in _shipped().items()]


@lru_cache
def _shipped() -> dict[str, Any]:
    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies
