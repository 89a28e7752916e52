"""Database instances, their groups and event subscriptions, through the provider protocol."""

import threading
from typing import Any

import grpc
import pytest
from google.rpc import status_pb2
from moto.backends import get_backend
from pulumi.runtime.proto import provider_pb2

from embedded_cloud.providers.values import decode
from support.clouds import two_subnets

INSTANCE = "aws:rds/instance:Instance"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"


@pytest.fixture(scope="module")
def subnets(emulation: Any) -> list[str]:
    return two_subnets(emulation.client("ec2"), "10.9")[1]


@pytest.fixture(scope="module")
def inputs(emulation: Any, subnets: list[str]) -> dict[str, Any]:
    """Inputs of an instance, never changed by a test."""
    group = emulation.resource(SUBNETS, "Subnets", subnetIds=subnets)
    parameters = emulation.resource(
        PARAMETERS, family="postgres17", parameters=[{"name": "rds.force_ssl", "value": "1"}]
    )
    return {
        "engine": "postgres",
        "engineVersion": "17",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "maxAllocatedStorage": 100,
        "storageType": "gp3",
        "storageEncrypted": True,
        "dbName": "app",
        "username": "app",
        "password": "canary-one",
        "port": 5433,
        "dbSubnetGroupName": group.id,
        "parameterGroupName": parameters.id,
        "publiclyAccessible": False,
        "multiAz": False,
        "backupRetentionPeriod": 14,
        "backupWindow": "03:00-04:00",
        "maintenanceWindow": "sun:04:30-sun:05:30",
        "deletionProtection": False,
        "skipFinalSnapshot": True,
        "applyImmediately": True,
        "enabledCloudwatchLogsExports": ["postgresql"],
        "iamDatabaseAuthenticationEnabled": True,
        "performanceInsightsEnabled": True,
        "tags": {"a": "b"},
    }


def backend_instance(identifier: str) -> Any:
    return get_backend("rds")["123456789012"]["us-east-1"].databases[identifier]


def backend_snapshot(name: str) -> Any:
    return get_backend("rds")["123456789012"]["us-east-1"].database_snapshots[name]


def test_a_database_has_no_drift_and_is_deleted(emulation: Any, inputs: dict[str, Any]) -> None:
    database = emulation.resource(INSTANCE, "Fresh", **inputs)
    assert database.state["endpoint"] == f"{database.state['address']}:5433"
    assert database.id.startswith("fresh-")
    database.check_life()


def test_the_password_changes_in_place_and_never_shows(emulation: Any, inputs: dict[str, Any]) -> None:
    database = emulation.resource(INSTANCE, "rotated", **inputs)
    assert "password" in database.secrets
    changed = {**inputs, "password": "canary-two"}
    assert database.diff(**changed) == ({"password"}, set())
    database.up(**changed)
    assert backend_instance(database.id)._master_user_password == "canary-two"
    assert database.drift() == {}


@pytest.mark.parametrize(
    ("name", "value"), [("dbName", "other"), ("username", "other"), ("storageEncrypted", False), ("engine", "mysql")]
)
def test_what_rds_cannot_change_replaces(emulation: Any, inputs: dict[str, Any], name: str, value: Any) -> None:
    database = emulation.resource(INSTANCE, f"fixed-{name}", **inputs)
    assert database.diff(**{**inputs, name: value}) == ({name}, {name})


@pytest.mark.parametrize(
    ("name", "value"),
    [("instanceClass", "db.t4g.small"), ("allocatedStorage", 30), ("multiAz", True), ("backupRetentionPeriod", 7)],
)
def test_what_rds_can_change_is_changed_in_place(emulation: Any, inputs: dict[str, Any], name: str, value: Any) -> None:
    database = emulation.resource(INSTANCE, f"grown-{name}", **inputs)
    database.up(**{**inputs, name: value})
    assert database.state[name] == value
    assert database.drift() == {}


def test_a_minor_release_by_aws_itself_is_no_drift_and_a_major_one_is(emulation: Any, inputs: dict[str, Any]) -> None:
    database = emulation.resource(INSTANCE, "upgraded", **inputs)
    backend_instance(database.id).engine_version = "17.6"
    assert set(database.drift()) == {"engineVersionActual"}
    backend_instance(database.id).engine_version = "18.1"
    assert database.drift()["engineVersion"] == ("17", "18.1")


def test_a_protected_database_is_not_deleted(emulation: Any, inputs: dict[str, Any], refusal: Any) -> None:
    database = emulation.resource(INSTANCE, "kept", **{**inputs, "deletionProtection": True})
    said = refusal(database.delete)
    assert said.startswith(f"deletionProtection: database instance {database.id} is protected; set it to false")
    assert database.is_there()


def test_a_database_without_a_final_snapshot_name_is_not_deleted(
    emulation: Any, inputs: dict[str, Any], refusal: Any
) -> None:
    database = emulation.resource(INSTANCE, "unsaved", **{**inputs, "skipFinalSnapshot": False})
    assert "finalSnapshotIdentifier: " in refusal(database.delete)
    database.up(**{**inputs, "skipFinalSnapshot": False, "finalSnapshotIdentifier": "last-words"})
    database.delete()
    snapshots = emulation.client("rds").describe_db_snapshots(DBSnapshotIdentifier="last-words")["DBSnapshots"]
    assert [one["DBInstanceIdentifier"] for one in snapshots] == [database.id]


def test_a_database_is_restored_from_a_snapshot(emulation: Any, inputs: dict[str, Any], refusal: Any) -> None:
    first = emulation.resource(INSTANCE, "first", **inputs)
    rds = emulation.client("rds")
    rds.create_db_snapshot(DBInstanceIdentifier=first.id, DBSnapshotIdentifier="the-copy")
    restored = {**inputs, "snapshotIdentifier": "the-copy", "password": "canary-three", "backupRetentionPeriod": 3}
    second = emulation.resource(INSTANCE, "second", **restored)
    assert second.drift() == {}
    assert backend_instance(second.id).restored_from == backend_snapshot("the-copy").copy_name
    assert backend_instance(second.id)._master_user_password == "canary-three"
    assert second.state["backupRetentionPeriod"] == 3
    assert second.diff(**{**restored, "snapshotIdentifier": "other"})[1] == {"snapshotIdentifier"}
    dangling = {**restored, "snapshotIdentifier": "never-taken"}
    assert 'no DB snapshot "never-taken"' in refusal(lambda: emulation.resource(INSTANCE, "third", **dangling))


def test_a_database_that_fails_to_start_is_named(
    emulation: Any, inputs: dict[str, Any], refusal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = emulation.resource(INSTANCE, "broken", **inputs)
    monkeypatch.setattr(
        type(backend_instance(database.id)), "db_instance_status", "incompatible-network", raising=False
    )
    backend_instance(database.id).status = "incompatible-network"
    said = refusal(lambda: database.up(**{**inputs, "multiAz": True}))
    assert said == f"database instance {database.id} is incompatible-network; `aws rds describe-events` says why"


def test_a_partially_created_database_keeps_its_password_secret(
    emulation: Any, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = emulation.resource(INSTANCE, "half", **inputs)
    backend_instance(database.id).status = "incompatible-network"
    with pytest.raises(grpc.RpcError) as failure:
        database.up(**{**inputs, "password": "canary-three"})
    details = dict(failure.value.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(details)
    half = provider_pb2.ErrorResourceInitFailed.FromString(status.details[0].value)
    assert half.id == database.id
    assert "password" in decode(half.properties).secrets


def test_creation_waits_until_the_database_is_available(emulation: Any, inputs: dict[str, Any]) -> None:
    database = emulation.resource(INSTANCE, "slow", **inputs)
    backend_instance(database.id).status = "modifying"
    available = threading.Timer(0.3, lambda: setattr(backend_instance(database.id), "status", "available"))
    available.start()
    database.up(**{**inputs, "multiAz": True})
    assert not available.is_alive()


def test_parameters_change_in_place_and_their_order_means_nothing(emulation: Any) -> None:
    ssl, ddl = {"name": "rds.force_ssl", "value": "1"}, {"name": "log_statement", "value": "ddl"}
    group = emulation.resource(PARAMETERS, "ordered", family="postgres17", parameters=[ssl, ddl])
    assert group.drift() == {}
    assert group.diff(family="postgres17", parameters=[ddl, ssl]) == (set(), set())
    group.up(family="postgres17", parameters=[ssl, {**ddl, "value": "all"}])
    assert group.drift() == {}
    group.up(family="postgres17", parameters=[ssl])
    assert group.state["parameters"] == [ssl]
    assert group.drift() == {}
    assert group.diff(family="postgres18", parameters=[ssl])[1] == {"family"}


def test_subnets_of_a_group_change_in_place(emulation: Any, subnets: list[str]) -> None:
    group = emulation.resource(SUBNETS, "changing", subnetIds=subnets)
    assert group.diff(subnetIds=subnets[::-1]) == (set(), set())
    group.up(subnetIds=subnets, description="new")
    assert group.drift() == {}


def test_an_event_subscription_has_no_drift_and_is_deleted(emulation: Any) -> None:
    topic = emulation.client("sns").create_topic(Name="events")["TopicArn"]
    token = "aws:rds/eventSubscription:EventSubscription"
    told = {"sourceType": "db-instance", "eventCategories": ["failure"]}
    subscription = emulation.resource(token, snsTopic=topic, **told)
    assert subscription.drift() == {}
    subscription.assert_deletable()


def test_storage_that_rds_has_grown_stays_while_other_properties_change(emulation: Any, inputs: dict[str, Any]) -> None:
    database = emulation.resource(INSTANCE, "autoscaled", **inputs)
    backend_instance(database.id).allocated_storage = 31
    for wanted in (20, 25):
        database.up(**{**inputs, "allocatedStorage": wanted, "instanceClass": f"db.t4g.{wanted}"})
        assert database.state["allocatedStorage"] == 31
        assert database.diff(**{**inputs, "allocatedStorage": 20, "instanceClass": f"db.t4g.{wanted}"})[0] <= {
            "allocatedStorage"
        }


def test_storage_without_autoscaling_shows_that_it_cannot_shrink(
    emulation: Any, inputs: dict[str, Any], refusal: Any
) -> None:
    fixed = {**inputs, "allocatedStorage": 50, "maxAllocatedStorage": 50}
    database = emulation.resource(INSTANCE, "fixed-size", **fixed)
    assert database.diff(**{**fixed, "allocatedStorage": 20, "maxAllocatedStorage": 20})[0] >= {"allocatedStorage"}
    said = refusal(lambda: database.up(**{**fixed, "allocatedStorage": 20, "maxAllocatedStorage": 20}))
    assert "is less than the current allocated storage (50)" in said
    said = refusal(lambda: database.up(**{**fixed, "maxAllocatedStorage": 54}))
    assert "must be increased by at least 10 percent" in said
