"""Faults between boto3 and AWS's API: a token that expires, a network that goes away."""

import json
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from local.cloud.api import ApiServer

EXPIRED = "The security token included in the request is expired"


@dataclass
class BrokenApi:
    """Works for `good` more requests, then every one goes wrong in the same way until it is mended."""

    fault: Callable[[Any, Any], Iterable[bytes]] | None = None
    good: int = 0

    def answer(self, environ: Any, start_response: Any) -> Iterable[bytes] | None:
        """None when the request is to go through."""
        if self.fault is None:
            return None
        self.good -= 1
        return self.fault(environ, start_response) if self.good < 0 else None

    def mend(self) -> None:
        """Everything goes through again."""
        self.fault = None


def broken_api(patch: pytest.MonkeyPatch) -> BrokenApi:
    """In front of every API server of this process."""
    broken = BrokenApi()
    whole = ApiServer.__call__

    def call(self: ApiServer, environ: Any, start_response: Any) -> Iterable[bytes]:
        answer = broken.answer(environ, start_response)
        return whole(self, environ, start_response) if answer is None else answer

    patch.setattr(ApiServer, "__call__", call)
    return broken


def token_expired(environ: Any, start_response: Any) -> Iterable[bytes]:
    """As AWS says it, in the words of the service's protocol."""
    if environ.get("HTTP_X_AMZ_TARGET"):
        start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
        return [json.dumps({"__type": "ExpiredTokenException", "message": EXPIRED}).encode()]
    start_response("403 Forbidden", [("Content-Type", "text/xml")])
    error = f"<Error><Code>ExpiredToken</Code><Message>{EXPIRED}</Message></Error>"
    form = {
        "s3": error,
        "ec2": f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>",
    }.get(_service(environ), f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>")
    return [form.encode()]


def connection_lost(environ: Any, _start_response: Any) -> Iterable[bytes]:
    """The other end is gone in the middle of a request."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return []


def _service(environ: Any) -> str:
    """Out of the scope of the signature: AWS4-HMAC-SHA256 Credential=key/20261121/us-east-1/ec2/aws4_request."""
    scope = str(environ.get("HTTP_AUTHORIZATION", "")).partition(",")[0].split("/")
    return scope[3] if len(scope) > 3 else ""
