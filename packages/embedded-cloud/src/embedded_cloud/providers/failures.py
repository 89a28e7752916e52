"""Errors of an operation: which ones mean "not found", and how the engine reports each of them."""

import logging
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import any_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from embedded_cloud.providers.values import encode

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

# NotFound, NoSuchEntity, NoSuchBucket, DBInstanceNotFoundFault, LoadBalancerNotFound, ResourceNotFoundException,
# InvalidVpcID.NotFound, WAFNonexistentItemException, InvalidAssociationID.NotFound, ServerSideEncryptionConfig...
_MISSING = re.compile(r"NotFound|NoSuch|Nonexistent|NotExist|ResourceNotFound|NotExists|^404$", re.IGNORECASE)
_MISSING_ECS = {"ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"}


class OperationError(Exception):
    """An operation on a resource failed; the operator reads the message as it is."""


class PartiallyCreatedError(OperationError):
    """The resource exists but cannot be used; the engine stores id and state, so nothing is orphaned."""

    def __init__(self, message: str, physical_id: str, state: dict[str, object]) -> None:
        super().__init__(message)
        self.physical_id = physical_id
        self.state = state


def is_missing(error: BaseException) -> bool:
    """Whether AWS answered that the resource does not exist."""
    if not isinstance(error, ClientError):
        return False
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code in _MISSING_ECS or bool(_MISSING.search(code))


def describe(error: BaseException) -> str:
    """One line: the AWS operation, AWS's message, its code."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        message = str(details.get("Message"))
        if message.lstrip().startswith("<"):
            message = "moto failed on this call; the embedded cloud's log has the traceback"
        return f"{error.operation_name}: {message} ({details.get('Code')})"
    if isinstance(error, BotoCoreError):
        return " ".join(str(error).split())
    return str(error) or type(error).__name__


def guarded(context: Any, work: Callable[[], Answer], what: str = "", secrets: frozenset[str] = frozenset()) -> Answer:
    """Return the answer of `work`; end the gRPC call with an error status if it raises.

    `secrets` names the properties that stay encrypted in the state of a partially created resource."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 # an entry may raise anything, and the operator has to see it
        fail(context, error, what, secrets)


def fail(context: Any, error: Exception, what: str = "", secrets: frozenset[str] = frozenset()) -> NoReturn:
    """End the gRPC call with this error, and with the state of a partially created resource."""
    message = f"{what}: {describe(error)}" if what else describe(error)
    if isinstance(error, PartiallyCreatedError):
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
