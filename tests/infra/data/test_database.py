from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.data.database import Database, DatabaseArgs
from infra.data.database_urls import application_group, application_role, owner
from tests.recorder import Recorder, new_engine

INSTANCE = "rds/instance:Instance"
LONGEST_NAME = 63
"""PostgreSQL truncates longer names."""
ARGS = DatabaseArgs(
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_id="sg-database",
    key_arn="key-arn",
    owner_password="canary",
    application_role="preqly_app_1",
    application_password="canary-of-the-application",
    engine_version="17",
    instance_class="db.t4g.micro",
    storage_gb=20,
    max_storage_gb=100,
    multi_az=True,
    backup_days=14,
    log_days=30,
    protect=True,
    final_snapshot=True,
)


@pytest.fixture(scope="module")
def recorded() -> Recorder:
    """A protected database."""
    engine = new_engine()
    engine.run(lambda: Database("database", replace(ARGS, owner_password=pulumi.Output.secret("canary"))))
    return engine


@pytest.fixture(scope="module")
def inputs(recorded: Recorder) -> dict[str, Any]:
    """Inputs of its RDS instance."""
    return recorded.one(INSTANCE)


@pytest.fixture
def declare(engine: Recorder) -> Callable[..., dict[str, Any]]:
    """Declare a database with changed arguments and return the inputs of its instance."""

    def changed(**changes: Any) -> dict[str, Any]:
        engine.run(lambda: Database("database", replace(ARGS, **changes)))
        return engine.one(INSTANCE)

    return changed


def test_the_instance_gets_its_network_its_backups_and_a_secret_password(
    recorded: Recorder, inputs: dict[str, Any]
) -> None:
    """tests/infra/controls asserts what Security Hub asks of every instance."""
    assert inputs["vpcSecurityGroupIds"] == ["sg-database"]
    assert recorded.one("rds/subnetGroup:SubnetGroup")["subnetIds"] == ["subnet-a", "subnet-b"]
    assert (inputs["backupRetentionPeriod"], inputs["kmsKeyId"]) == (14, "key-arn")
    assert inputs["finalSnapshotIdentifier"] == "preqly-final-0a1b2c3d"
    (declared,) = recorded.all(INSTANCE)
    assert recorded.is_secret(declared.inputs["password"])


def test_the_engine_forces_tls_and_logs_slow_statements(recorded: Recorder, inputs: dict[str, Any]) -> None:
    group = recorded.one("rds/parameterGroup:ParameterGroup")
    assert {item["name"]: (item["value"], item.get("applyMethod")) for item in group["parameters"]} == {
        "rds.force_ssl": ("1", "pending-reboot"),
        "max_connections": ("75", "pending-reboot"),
        "log_statement": ("ddl", None),
        "log_min_duration_statement": ("1000", None),
    }
    assert inputs["parameterGroupName"] == "database-parameters-1a2b3c4"


@pytest.mark.parametrize(("instance_class", "connections"), [("db.t4g.micro", "75"), ("db.m7g.large", "600")])
def test_the_engine_allows_the_connections_that_the_class_has_memory_for(
    engine: Recorder, declare: Any, instance_class: str, connections: str
) -> None:
    declare(instance_class=instance_class)
    group = engine.one("rds/parameterGroup:ParameterGroup")
    assert [item["value"] for item in group["parameters"] if item["name"] == "max_connections"] == [connections]


def test_the_storage_that_was_asked_for_stays_on_record_when_rds_grows_it(inputs: dict[str, Any]) -> None:
    assert inputs["tags"]["DatabaseStorageGb"] == "20"


def test_aws_upgrades_the_minor_version_and_the_settings_the_major_one(engine: Recorder, declare: Any) -> None:
    inputs = declare(engine_version="18")
    assert (inputs["engineVersion"], inputs["allowMajorVersionUpgrade"]) == ("18", True)
    assert engine.one("rds/parameterGroup:ParameterGroup")["family"] == "postgres18"


@pytest.mark.parametrize(
    ("protect", "final_snapshot", "skipped"),
    [(True, True, False), (True, False, False), (False, True, False), (False, False, True)],
)
def test_a_protected_database_refuses_deletion_and_never_skips_its_final_snapshot(
    engine: Recorder, declare: Any, protect: bool, final_snapshot: bool, skipped: bool
) -> None:
    inputs = declare(protect=protect, final_snapshot=final_snapshot)
    assert inputs["deletionProtection"] is protect
    assert inputs["deleteAutomatedBackups"] is not protect
    assert inputs["skipFinalSnapshot"] is skipped
    options = engine.options(INSTANCE, "database-instance")
    assert options.protect is protect
    assert list(options.ignoreChanges) == ["snapshotIdentifier"]


def test_whatever_replaces_the_database_gives_it_and_its_final_snapshot_new_names(recorded: Recorder) -> None:
    """RDS replaces it for another key, database name or owner; the old snapshot keeps its name."""
    keepers = {made.name: made.inputs["keepers"] for made in recorded.by_type["random:index/randomId:RandomId"]}
    expected = {"key": "key-arn", "name": "preqly", "owner": "preqly"}
    assert keepers == {"database-name": expected, "database-final-snapshot": expected}


def test_enhanced_monitoring_uses_a_role_that_only_rds_assumes(recorded: Recorder, inputs: dict[str, Any]) -> None:
    assert inputs["monitoringRoleArn"].endswith("role/database-monitoring")
    assert "monitoring.rds.amazonaws.com" in recorded.one("iam/role:Role")["assumeRolePolicy"]
    attached = recorded.one("iam/rolePolicyAttachment:RolePolicyAttachment")
    assert attached["policyArn"].endswith("/AmazonRDSEnhancedMonitoringRole")


def test_the_engines_logs_go_to_encrypted_groups_that_expire(recorded: Recorder, inputs: dict[str, Any]) -> None:
    assert inputs["enabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
    groups = [group.inputs for group in recorded.all("cloudwatch/logGroup:LogGroup")]
    assert {group["name"] for group in groups} == {
        f"/aws/rds/instance/{inputs['identifier']}/{log}" for log in inputs["enabledCloudwatchLogsExports"]
    }
    assert {(group["retentionInDays"], group["kmsKeyId"]) for group in groups} == {(30, "key-arn")}


@pytest.mark.parametrize(
    ("output", "user", "password"),
    [("owner_url", "preqly", "canary"), ("application_url", "preqly_app_1", "canary-of-the-application")],
)
def test_owner_and_application_have_secret_urls_of_their_own_that_verify_the_server(
    engine: Recorder, output: str, user: str, password: str
) -> None:
    def program() -> pulumi.Output[Any]:
        declared: pulumi.Output[str] = getattr(Database("database", ARGS), output)
        return pulumi.Output.all(secret=declared.is_secret(), url=declared)

    found = engine.run(program)
    assert found["secret"] is True
    url = urlsplit(found["url"])
    assert (url.scheme, url.port, url.path) == ("postgres", 5433, "/preqly")
    assert url.hostname == "database-instance.c1a2b3.us-east-1.rds.amazonaws.com"
    assert (url.username, url.password) == (user, password)
    assert parse_qs(url.query) == {"sslmode": ["verify-full"], "sslrootcert": ["/etc/ssl/certs/rds-global-bundle.pem"]}


@given(one=st.integers(1, 1_000_000), other=st.integers(1, 1_000_000))
def test_each_generation_has_a_role_of_its_own_that_is_neither_owner_nor_group(one: int, other: int) -> None:
    project = "p" * 100
    assert (application_role(project, one) == application_role(project, other)) is (one == other)
    assert application_role(project, one) not in (owner(project), application_group(project))
    assert len(application_role(project, one)) <= LONGEST_NAME


def test_a_change_that_rds_refuses_is_refused_in_previews_too(recorded: Recorder) -> None:
    hooks = recorded.options(INSTANCE, "database-instance").hooks
    assert list(hooks.before_update) == ["database-changes"]
    assert cast(Any, recorded.hooks["database-changes"].opts).on_dry_run


def test_the_instance_waits_for_its_log_groups_and_its_monitoring_role(recorded: Recorder) -> None:
    dependencies = recorded.options(INSTANCE, "database-instance").dependencies
    names = {urn.rpartition("::")[2] for urn in dependencies}
    assert {"database-postgresql-log", "database-upgrade-log", "database-monitoring-writes"} <= names
