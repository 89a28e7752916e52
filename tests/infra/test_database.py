from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra.database import Database, DatabaseArgs

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
    protect=True,
)


@pytest.fixture
def instance(engine: Any) -> Callable[..., dict[str, Any]]:
    """Declares a database and returns the inputs of its instance."""

    def declare(**changes: Any) -> dict[str, Any]:
        engine.run(lambda: Database("database", replace(ARGS, **changes)))
        inputs: dict[str, Any] = engine.one("rds/instance:Instance")
        return inputs

    return declare


def test_the_database_is_private_and_only_its_own_group_guards_it(engine: Any, instance: Any) -> None:
    inputs = instance()
    assert inputs["publiclyAccessible"] is False
    assert inputs["vpcSecurityGroupIds"] == ["sg-database"]
    assert engine.one("rds/subnetGroup:SubnetGroup")["subnetIds"] == ["subnet-a", "subnet-b"]


def test_storage_and_insights_are_encrypted_with_the_stacks_key(instance: Any) -> None:
    inputs = instance()
    assert inputs["storageEncrypted"] is True
    assert inputs["kmsKeyId"] == inputs["performanceInsightsKmsKeyId"] == "key-arn"
    assert inputs["performanceInsightsEnabled"] is True


def test_the_engine_forces_tls_and_logs_slow_statements(engine: Any, instance: Any) -> None:
    inputs = instance(engine_version="18")
    group = engine.one("rds/parameterGroup:ParameterGroup")
    assert group["family"] == "postgres18"
    assert {item["name"]: (item["value"], item.get("applyMethod")) for item in group["parameters"]} == {
        "rds.force_ssl": ("1", "pending-reboot"),
        "log_statement": ("ddl", None),
        "log_min_duration_statement": ("1000", None),
    }
    assert inputs["parameterGroupName"] == "database-parameters-1a2b3c4"


def test_aws_raises_the_minor_version_and_nobody_pins_it(instance: Any) -> None:
    inputs = instance()
    assert inputs["engineVersion"] == "17"
    assert inputs["autoMinorVersionUpgrade"] is True


def test_another_major_version_in_the_settings_is_allowed_and_brings_its_parameters(engine: Any, instance: Any) -> None:
    inputs = instance(engine_version="18")
    assert (inputs["engineVersion"], inputs["allowMajorVersionUpgrade"]) == ("18", True)
    assert engine.one("rds/parameterGroup:ParameterGroup")["family"] == "postgres18"


def test_neither_port_nor_name_of_the_admin_is_the_engines_default(instance: Any) -> None:
    inputs = instance()
    assert inputs["port"] != 5432
    assert inputs["username"] not in ("postgres", "admin", "root")


def test_backups_are_kept_and_a_deleted_database_leaves_a_snapshot_under_its_own_name(instance: Any) -> None:
    inputs = instance()
    assert inputs["backupRetentionPeriod"] == 14
    assert inputs["copyTagsToSnapshot"] is True
    assert inputs["skipFinalSnapshot"] is False
    assert inputs["finalSnapshotIdentifier"] == "preqly-final-0a1b2c3d"
    assert inputs["deleteAutomatedBackups"] is False


@pytest.mark.parametrize("protect", [True, False])
def test_deletion_is_refused_as_long_as_the_stack_is_protected(instance: Any, protect: bool) -> None:
    assert instance(protect=protect)["deletionProtection"] is protect


@pytest.mark.parametrize(
    ("protect", "final_snapshot", "skipped"),
    [(True, True, False), (True, False, False), (False, True, False), (False, False, True)],
)
def test_a_last_snapshot_is_left_out_only_where_nothing_is_protected_and_nobody_wants_it(
    instance: Any, protect: bool, final_snapshot: bool, skipped: bool
) -> None:
    assert instance(protect=protect, final_snapshot=final_snapshot)["skipFinalSnapshot"] is skipped


def test_what_replaces_the_database_gives_it_and_its_last_snapshot_new_names(engine: Any, instance: Any) -> None:
    """RDS replaces it for another key, database name or owner; the snapshot of the old one keeps its name for ever."""
    instance(key_arn="another-key")
    keepers = {made.name: made.inputs["keepers"] for made in engine.by_type["random:index/randomId:RandomId"]}
    expected = {"key": "another-key", "name": "preqly", "owner": "preqly"}
    assert keepers == {"database-name": expected, "database-final-snapshot": expected}


def test_the_operating_system_is_watched_by_a_role_that_rds_alone_takes(engine: Any, instance: Any) -> None:
    inputs = instance()
    assert inputs["monitoringInterval"] == 60
    assert inputs["monitoringRoleArn"].endswith("role/database-monitoring")
    assert "monitoring.rds.amazonaws.com" in engine.one("iam/role:Role")["assumeRolePolicy"]
    attached = engine.one("iam/rolePolicyAttachment:RolePolicyAttachment")
    assert attached["policyArn"].endswith("/AmazonRDSEnhancedMonitoringRole")


def test_the_engines_logs_land_in_encrypted_groups_that_expire(engine: Any, instance: Any) -> None:
    inputs = instance(log_days=30)
    assert inputs["enabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
    groups = [group.inputs for group in engine.all("cloudwatch/logGroup:LogGroup")]
    assert [group["name"] for group in groups] == [
        f"/aws/rds/instance/{inputs['identifier']}/{log}" for log in inputs["enabledCloudwatchLogsExports"]
    ]
    assert {(group["retentionInDays"], group["kmsKeyId"]) for group in groups} == {(30, "key-arn")}


@pytest.mark.parametrize(
    ("url", "signs_in_as"),
    [("owner_url", "preqly:canary"), ("application_url", "preqly_app_1:canary-of-the-application")],
)
def test_owner_and_application_have_urls_of_their_own_and_both_are_secret(
    engine: Any, url: str, signs_in_as: str
) -> None:
    def program() -> pulumi.Output[Any]:
        declared: pulumi.Output[str] = getattr(Database("database", ARGS), url)
        return pulumi.Output.all(secret=declared.is_secret(), url=declared)

    found = engine.run(program)
    assert found["secret"] is True
    assert f"//{signs_in_as}@database-instance.c1a2b3.us-east-1.rds.amazonaws.com:5433/" in found["url"]


def test_the_owners_password_is_sent_to_rds_as_a_secret(engine: Any) -> None:
    engine.run(lambda: Database("database", replace(ARGS, owner_password=pulumi.Output.secret("canary"))))
    (declared,) = engine.all("rds/instance:Instance")
    assert engine.is_secret(declared.inputs["password"])


@pytest.mark.parametrize("protect", [True, False])
def test_pulumi_refuses_to_delete_a_protected_database(engine: Any, instance: Any, protect: bool) -> None:
    instance(protect=protect)
    options = engine.options("rds/instance:Instance", "database-instance")
    assert options.protect is protect
    assert list(options.ignoreChanges) == ["snapshotIdentifier"]


def test_a_change_that_rds_would_refuse_late_is_refused_in_previews_too(engine: Any, instance: Any) -> None:
    instance()
    hooks = engine.options("rds/instance:Instance", "database-instance").hooks
    assert list(hooks.before_update) == ["database-changes"]
    assert engine.hooks["database-changes"].opts.on_dry_run


def test_the_instance_waits_for_its_log_groups_and_for_the_right_to_write_metrics(engine: Any, instance: Any) -> None:
    instance()
    dependencies = engine.options("rds/instance:Instance", "database-instance").dependencies
    names = {urn.rpartition("::")[2] for urn in dependencies}
    assert {"database-postgresql-log", "database-upgrade-log", "database-monitoring-writes"} <= names
