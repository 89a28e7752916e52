"""Failures as the engine reads them: gRPC statuses, with what is known of a resource that was half made."""

import logging
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from local.provider.failures import HalfMadeError, OperationError, describe
from local.provider.values import encode

logger = logging.getLogger("preqly.provider")
Answer = TypeVar("Answer")


def guarded(context: Any, work: Callable[[], Answer], what: str = "", secrets: frozenset[str] = frozenset()) -> Answer:
    """The answer of `work`; what it raises ends the call with a status that the engine shows.

    `secrets` names the properties that a half-made resource's state must keep encrypted."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 # whatever an entry raises must reach the operator, not kill the call
        fail(context, error, what, secrets)


def fail(context: Any, error: Exception, what: str = "", secrets: frozenset[str] = frozenset()) -> NoReturn:
    """End the call with this error, in the operator's words; a half-made resource travels along."""
    message = f"{what}: {describe(error)}" if what else describe(error)
    if isinstance(error, HalfMadeError):
        detail = any_pb2.Any()
        state = encode(error.state, secrets)
        detail.Pack(provider_pb2.ErrorResourceInitFailed(id=error.physical_id, properties=state, reasons=[message]))
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message, details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    elif not isinstance(error, OperationError):
        logger.exception("%s failed", what or "an operation")
        message = f"{type(error).__name__}: {message}"
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError("abort always raises")
