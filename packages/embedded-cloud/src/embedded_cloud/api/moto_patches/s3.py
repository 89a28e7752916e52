"""S3: policies that require TLS do not deny plain HTTP here; delete markers can be deleted."""

import json
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker

from embedded_cloud.api.moto_patches.replace import Method, wrap_method

WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def apply() -> None:
    wrap_method(FakeBucket, "get_permission", _judge_with_tls)
    FakeDeleteMarker.dispose = _nothing_to_free


def _nothing_to_free(_: FakeDeleteMarker, garbage: bool = False) -> None:
    """Called by moto for each deleted version; a delete marker has no file."""


def _judge_with_tls(original: Method, self: FakeBucket, action: str, resource: str) -> Any:
    # moto applies a Deny without looking at its condition. The plain endpoint stands for AWS's TLS endpoint.
    before = self.policy
    if before is not None:
        self.policy = _without_tls_statements(before)
    try:
        return original(self, action, resource)
    finally:
        self.policy = before


def _without_tls_statements(policy: bytes) -> bytes:
    document = json.loads(policy)
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    document["Statement"] = [one for one in listed if one.get("Condition") != WITHOUT_TLS]
    return json.dumps(document).encode()
