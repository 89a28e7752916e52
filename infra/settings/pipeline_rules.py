"""Rules for what the bootstrap stack hands to this one."""

import re
from collections.abc import Iterator

from infra.problem import Finding
from infra.settings.settings import Settings

_POLICY_ARN = re.compile(r"arn:aws:iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,640}")


def permissions_boundary(settings: Settings) -> Iterator[Finding]:
    """The ARN of a managed policy, or empty."""
    if settings.permissions_boundary and not _POLICY_ARN.fullmatch(settings.permissions_boundary):
        fix = 'pulumi config set permissionsBoundary "$(pulumi -C bootstrap stack output permissions_boundary_arn)"'
        yield Finding(("permissions_boundary",), "must be the ARN of an IAM policy, or empty", fix)
