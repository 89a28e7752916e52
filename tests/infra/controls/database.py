"""Amazon RDS."""

from typing import Any

from tests.infra.controls.stack import Stack, proves


def instances(stack: Stack) -> list[dict[str, Any]]:
    return [instance.inputs for instance in stack.some("rds/instance")]


def parameters(stack: Stack) -> dict[str, str]:
    (group,) = stack.some("rds/parameterGroup")
    return {item["name"]: item["value"] for item in group.inputs["parameters"]}


def subscribed(stack: Stack, source: str, *categories: str) -> None:
    """Assert a subscription to these event categories of one kind of source."""
    found = [item.inputs for item in stack.all("rds/eventSubscription") if item.inputs["sourceType"] == source]
    assert any(set(categories) <= set(item["eventCategories"]) for item in found), f"no event subscription for {source}"


@proves("RDS.2", "RDS.46")
def the_database_is_not_reachable_from_the_internet(stack: Stack) -> None:
    assert all(instance["publiclyAccessible"] is False for instance in instances(stack))
    (group,) = stack.some("rds/subnetGroup")
    tables = {item.inputs["subnetId"]: item.inputs["routeTableId"] for item in stack.some("ec2/routeTableAssociation")}
    outward = {route.inputs["routeTableId"] for route in stack.some("ec2/route")}
    assert not {tables[subnet] for subnet in group.inputs["subnetIds"]} & outward


@proves("RDS.3")
def storage_is_encrypted_with_the_stacks_key(stack: Stack) -> None:
    assert all(instance["storageEncrypted"] is True and instance["kmsKeyId"] for instance in instances(stack))


@proves("RDS.5")
def a_standby_runs_in_a_second_zone(stack: Stack) -> None:
    assert all(instance["multiAz"] is True for instance in instances(stack))


@proves("RDS.6")
def enhanced_monitoring_is_on(stack: Stack) -> None:
    assert all(instance["monitoringInterval"] > 0 and instance["monitoringRoleArn"] for instance in instances(stack))


@proves("RDS.8")
def the_database_is_not_deleted_by_mistake(stack: Stack) -> None:
    for instance in stack.some("rds/instance"):
        assert instance.inputs["deletionProtection"] is True
        assert instance.inputs["skipFinalSnapshot"] is False
        assert instance.inputs["finalSnapshotIdentifier"]
        assert instance.protected


@proves("RDS.9", "RDS.36")
def logs_are_exported_to_cloudwatch(stack: Stack) -> None:
    assert all({"postgresql", "upgrade"} <= set(item["enabledCloudwatchLogsExports"]) for item in instances(stack))


@proves("RDS.10")
def iam_authentication_is_on(stack: Stack) -> None:
    assert all(instance["iamDatabaseAuthenticationEnabled"] is True for instance in instances(stack))


@proves("RDS.11")
def backups_are_kept_for_a_week(stack: Stack) -> None:
    assert all(instance["backupRetentionPeriod"] >= 7 for instance in instances(stack))


@proves("RDS.13")
def minor_versions_upgrade_automatically(stack: Stack) -> None:
    for instance in instances(stack):
        assert instance["autoMinorVersionUpgrade"] is True
        assert "." not in instance["engineVersion"]


@proves("RDS.17")
def snapshots_carry_the_tags(stack: Stack) -> None:
    assert all(instance["copyTagsToSnapshot"] is True for instance in instances(stack))


@proves("RDS.19")
def cluster_events_are_subscribed(stack: Stack) -> None:
    subscribed(stack, "db-cluster", "maintenance", "failure")


@proves("RDS.20")
def instance_events_are_subscribed(stack: Stack) -> None:
    subscribed(stack, "db-instance", "maintenance", "configuration change", "failure")


@proves("RDS.21")
def parameter_group_events_are_subscribed(stack: Stack) -> None:
    subscribed(stack, "db-parameter-group", "configuration change")


@proves("RDS.22")
def security_group_events_are_subscribed(stack: Stack) -> None:
    subscribed(stack, "db-security-group", "configuration change", "failure")


@proves("RDS.23")
def the_port_is_not_the_engines_default(stack: Stack) -> None:
    assert all(instance["port"] != 5432 for instance in instances(stack))


@proves("RDS.25")
def the_admins_name_is_not_the_default(stack: Stack) -> None:
    assert all(instance["username"] not in ("postgres", "admin") for instance in instances(stack))


@proves("RDS.38")
def connections_without_tls_are_refused(stack: Stack) -> None:
    assert parameters(stack)["rds.force_ssl"] == "1"


@proves("CKV2_AWS_30")
def schema_changes_and_slow_statements_are_logged(stack: Stack) -> None:
    assert parameters(stack)["log_statement"] in ("ddl", "mod", "all")
    assert int(parameters(stack)["log_min_duration_statement"]) > 0


@proves("CKV_AWS_353", "CKV_AWS_354")
def performance_insights_are_on_and_encrypted(stack: Stack) -> None:
    for instance in instances(stack):
        assert instance["performanceInsightsEnabled"] is True
        assert instance["performanceInsightsKmsKeyId"] == instance["kmsKeyId"]
