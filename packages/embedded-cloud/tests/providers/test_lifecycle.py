"""Differences between inputs, deletions that a killed run has finished, unconfirmed creations."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.providers import lifecycle
from embedded_cloud.providers.call import Call, Clients
from embedded_cloud.providers.difference import delete_first, differences, observed, settle
from embedded_cloud.providers.entry import ALL, DEFAULTS, AutoName, ResourceType, Tagging
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.pending_creates import PendingCreate, PendingCreates, digest
from embedded_cloud.providers.values import UNKNOWN, Values

NO_TAGS = Tagging(read=lambda _call: {}, write=lambda _call, _tags: None, remove=lambda _call, _names: None)


def entry(**more: Any) -> ResourceType:
    given: dict[str, Any] = {"update": lambda _call: None, "tags": NO_TAGS, "replaces": "cidr settings.kind"}
    return ResourceType(
        "aws:ec2/vpc:Vpc", create=lambda _call: "", read=lambda _call: None, delete=lambda _call: None, **given | more
    )


def found(one: dict[str, Any], other: dict[str, Any], **more: Any) -> dict[str, tuple[str, bool]]:
    return {change.path: (change.kind, change.replaces) for change in differences(entry(**more), one, other)}


def test_changes_are_named_down_to_the_element() -> None:
    old = {"rules": [{"port": 80}, {"port": 81}], "settings": {"kind": "a", "size": 1}, "gone": 1}
    new = {"rules": [{"port": 80}, {"port": 82}], "settings": {"kind": "b", "size": 1}, "fresh": {"a": 1}}
    assert found(old, new) == {
        "rules[1].port": ("UPDATE", False),
        "settings.kind": ("UPDATE", True),
        "gone": ("DELETE", False),
        "fresh": ("ADD", False),
    }


def test_only_named_properties_replace() -> None:
    assert found({"cidr": "a", "size": 1}, {"cidr": "b", "size": 2}) == {
        "cidr": ("UPDATE", True),
        "size": ("UPDATE", False),
    }


@pytest.mark.parametrize("more", [{"replaces": ALL}, {"update": None}])
def test_every_change_but_tags_replaces_a_type_without_update(more: dict[str, Any]) -> None:
    assert found({"size": 1, "tags": {"a": "1"}}, {"size": 2, "tags": {"a": "2"}}, **more) == {
        "size": ("UPDATE", True),
        "tags.a": ("UPDATE", False),
    }


def test_an_unknown_value_counts_as_a_change() -> None:
    assert found({"cidr": "a"}, {"cidr": UNKNOWN}) == {"cidr": ("UPDATE", True)}


def test_order_counts_unless_the_entry_says_otherwise() -> None:
    assert found({"ids": ["a", "b"]}, {"ids": ["b", "a"]}, unordered="ids") == {}
    assert set(found({"ids": ["a", "b"]}, {"ids": ["b", "a"]})) == {"ids[0]", "ids[1]"}


def test_ignored_properties_are_no_change() -> None:
    assert differences(entry(), {"cidr": "a"}, {"cidr": "b"}, ("cidr",)) == []


def test_a_resource_with_a_fixed_name_is_deleted_first() -> None:
    named = entry(name=AutoName())
    assert delete_first(named, {"name": "a"}, {"name": "a"})
    assert not delete_first(named, {"name": "a"}, {"name": "b"})
    assert not delete_first(named, {"name": "a-1"}, {"name": "a-1", DEFAULTS: ["name"]})
    assert delete_first(entry(delete_before_replace=True), {}, {})


def test_the_last_spelling_of_an_equal_value_is_kept() -> None:
    lists = entry(unordered="ids", equal={"name": lambda one, other: one.rstrip(".") == other.rstrip(".")})
    last = {"ids": ["b", "a"], "name": "x", "size": 1}
    assert settle(lists, last, {"ids": ["a", "b"], "name": "x.", "size": 2}) == {**last, "size": 2}


def test_properties_left_to_aws_are_no_drift() -> None:
    assert observed({"path": "/", "deep": [{"a": 1}]}, {"path": "/x", "port": "80", "deep": [{"a": 2, "b": 3}]}) == {
        "path": "/x",
        "deep": [{"a": 2}],
    }


def test_a_property_missing_at_aws_is_drift() -> None:
    assert observed({"path": "/", "matcher": "200"}, {"path": "/"}) == {"path": "/"}


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
