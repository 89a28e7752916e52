"""S3: a bucket policy that refuses whoever comes without TLS does not refuse everybody; deletion markers can go."""

import json
from collections.abc import Callable
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker

from local.cloud.moto_patches.replace import replace_method

Method = Callable[..., Any]

WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def apply() -> None:
    """Patch S3's buckets. Idempotent."""
    replace_method(FakeBucket, "get_permission", _judge_with_tls)
    FakeDeleteMarker.dispose = _nothing_to_free


def _nothing_to_free(_: FakeDeleteMarker, garbage: bool = False) -> None:
    """For moto, which frees the file of each version of an object it forgets: a deletion marker has none."""


def _judge_with_tls(original: Method) -> Method:
    def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
        # moto takes a statement whose condition is not met for a refusal. The plain endpoint here stands for AWS's,
        # which speaks TLS, so statements about requests without it have nothing to say.
        before = self.policy
        if before is not None:
            self.policy = _without_tls_statements(before)
        try:
            return original(self, action, resource)
        finally:
            self.policy = before

    return get_permission


def _without_tls_statements(policy: bytes) -> bytes:
    document = json.loads(policy)
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    document["Statement"] = [one for one in listed if one.get("Condition") != WITHOUT_TLS]
    return json.dumps(document).encode()
