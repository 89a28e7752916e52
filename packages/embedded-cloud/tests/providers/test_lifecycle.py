"""Creations that the engine has not confirmed, and deletions that a killed run has finished."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.providers import lifecycle
from embedded_cloud.providers.call import Call
from embedded_cloud.providers.configuration import Clients
from embedded_cloud.providers.entry import ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.pending_creates import PendingCreate, PendingCreates, digest
from embedded_cloud.providers.values import Values

ANSWER = {"Error": {"Code": "ValidationException", "Message": "No scaling policy found"}}


def refuse(_: Call) -> None:
    raise ClientError(ANSWER, "DeleteScalingPolicy")  # type: ignore[arg-type] # only the code is read


def policy(found: Values | None) -> ResourceType:
    return ResourceType(
        "aws:appautoscaling/policy:Policy", create=lambda _: "", read=lambda _: found, update=None, delete=refuse
    )


def call() -> Call:
    return Call(Clients("http://127.0.0.1:1"), "aws:appautoscaling/policy:Policy", id="by-cpu")


def test_a_resource_that_cannot_be_read_counts_as_deleted() -> None:
    lifecycle.remove(policy(None), call())


def test_a_refused_deletion_of_an_existing_resource_fails() -> None:
    with pytest.raises(OperationError, match="No scaling policy found"):
        lifecycle.remove(policy({"name": "by-cpu"}), call())


URN = "urn:pulumi:dev::example::aws:ec2/vpc:Vpc::net"
CREATED = PendingCreate("aws:ec2/vpc:Vpc", "vpc-1", "net-1234567", digest({"cidrBlock": "10.0.0.0/16"}))


def test_a_creation_is_kept_until_the_engine_confirms_it(tmp_path: Path) -> None:
    pending = PendingCreates(tmp_path / "pending.json")
    pending.add(URN, CREATED)
    pending.acknowledge(URN, "vpc-0")
    assert pending.find(URN, CREATED.token) == CREATED
    pending.acknowledge(URN, "vpc-1")
    assert pending.find(URN, CREATED.token) is None


def test_creations_survive_a_restart_of_the_process(tmp_path: Path) -> None:
    PendingCreates(tmp_path / "pending.json").add(URN, CREATED)
    assert PendingCreates(tmp_path / "pending.json").find(URN, CREATED.token) == CREATED


def test_a_creation_of_another_type_is_not_adopted() -> None:
    pending = PendingCreates()
    pending.add(URN, CREATED)
    assert pending.find(URN, "aws:ec2/subnet:Subnet") is None


def test_inputs_are_not_written_in_plain_text(tmp_path: Path) -> None:
    PendingCreates(tmp_path / "pending.json").add(URN, PendingCreate("t", "id", "", digest({"password": "hunter2"})))
    assert "hunter2" not in (tmp_path / "pending.json").read_text()


def test_a_digest_ignores_the_inputs_of_the_provider() -> None:
    assert digest({"a": 1, "__defaults": ["a"]}) == digest({"a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
