"""Faults between AWS clients and the embedded API: an expired token, a lost connection."""

import json
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from embedded_cloud.api.server import ApiServer

EXPIRED = "The security token included in the request is expired"


@dataclass
class BrokenApi:
    """Answers `good` more requests, then fails every request with `fault` until `mend` is called."""

    fault: Callable[[Any, Any], Iterable[bytes]] | None = None
    good: int = 0

    def answer(self, environ: Any, start_response: Any) -> Iterable[bytes] | None:
        """Return the faulty answer, or None when the request passes."""
        if self.fault is None:
            return None
        self.good -= 1
        return self.fault(environ, start_response) if self.good < 0 else None

    def mend(self) -> None:
        self.fault = None


def broken_api(patch: pytest.MonkeyPatch) -> BrokenApi:
    """Put a BrokenApi in front of every API server of this process."""
    broken = BrokenApi()
    original = ApiServer.__call__

    def call(self: ApiServer, environ: Any, start_response: Any) -> Iterable[bytes]:
        answer = broken.answer(environ, start_response)
        return original(self, environ, start_response) if answer is None else answer

    patch.setattr(ApiServer, "__call__", call)
    return broken


def token_expired(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Answer with ExpiredToken in the protocol of the service."""
    if environ.get("HTTP_X_AMZ_TARGET"):
        start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
        return [json.dumps({"__type": "ExpiredTokenException", "message": EXPIRED}).encode()]
    start_response("403 Forbidden", [("Content-Type", "text/xml")])
    error = f"<Error><Code>ExpiredToken</Code><Message>{EXPIRED}</Message></Error>"
    document = {"s3": error, "ec2": f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"}.get(
        _service(environ), f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
    )
    return [document.encode()]


def connection_lost(environ: Any, _start_response: Any) -> Iterable[bytes]:
    """Close the connection in the middle of a request."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return []


def _service(environ: Any) -> str:
    """Service in the scope of the signature: AWS4-HMAC-SHA256 Credential=key/20261121/us-east-1/ec2/aws4_request."""
    scope = str(environ.get("HTTP_AUTHORIZATION", "")).partition(",")[0].split("/")
    return scope[3] if len(scope) > 3 else ""
