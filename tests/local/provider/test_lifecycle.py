"""Deleting what a killed run has deleted already."""

import pytest
from botocore.exceptions import ClientError

from local.provider import lifecycle
from local.provider.call import Call
from local.provider.clients import Clients
from local.provider.entry import ResourceType
from local.provider.failures import OperationError
from local.provider.values import Values

ANSWER = {"Error": {"Code": "ValidationException", "Message": "No scaling policy found"}}


def refuse(_: Call) -> None:
    raise ClientError(ANSWER, "DeleteScalingPolicy")  # type: ignore[arg-type] # the code is all that is looked at


def policy(found: Values | None) -> ResourceType:
    return ResourceType(
        "aws:appautoscaling/policy:Policy", create=lambda _: "", read=lambda _: found, update=None, delete=refuse
    )


def call() -> Call:
    return Call(Clients("http://127.0.0.1:1"), "aws:appautoscaling/policy:Policy", id="by-cpu")


def test_what_can_no_longer_be_read_is_deleted_whatever_the_answer() -> None:
    lifecycle.remove(policy(None), call())


def test_what_is_still_there_is_not() -> None:
    with pytest.raises(OperationError, match="No scaling policy found"):
        lifecycle.remove(policy({"name": "by-cpu"}), call())
