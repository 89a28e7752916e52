"""Errors of an operation in the operator's words, and which botocore errors mean "it is not there"."""

import re

from botocore.exceptions import BotoCoreError, ClientError

# NotFound, NoSuchEntity, NoSuchBucket, DBInstanceNotFoundFault, LoadBalancerNotFound, ResourceNotFoundException,
# InvalidVpcID.NotFound, WAFNonexistentItemException, InvalidAssociationID.NotFound, ServerSideEncryptionConfig...
_MISSING = re.compile(r"NotFound|NoSuch|Nonexistent|NotExist|ResourceNotFound|NotExists|^404$", re.IGNORECASE)
# ECS answers these instead of a "not found".
_MISSING_ECS = {"ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"}


class OperationError(Exception):
    """Why an operation on a resource failed, told to the operator as it stands."""


class HalfMadeError(OperationError):
    """The resource exists but is not usable; the engine keeps id and state so that nothing is orphaned."""

    def __init__(self, message: str, physical_id: str, state: dict[str, object]) -> None:
        super().__init__(message)
        self.physical_id = physical_id
        self.state = state


def is_missing(error: BaseException) -> bool:
    """Whether AWS said that the thing asked for does not exist."""
    if not isinstance(error, ClientError):
        return False
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code in _MISSING_ECS or bool(_MISSING.search(code))


def describe(error: BaseException) -> str:
    """One line: the AWS operation, what AWS said, its code."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        message = str(details.get("Message"))
        if message.lstrip().startswith("<"):
            message = "the emulation of AWS broke on this call; its log says where"
        return f"{error.operation_name}: {message} ({details.get('Code')})"
    if isinstance(error, BotoCoreError):
        return " ".join(str(error).split())
    return str(error) or type(error).__name__
