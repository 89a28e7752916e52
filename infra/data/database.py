"""The PostgreSQL database: one private RDS instance."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from infra import policies
from infra.data.change_guards import STORAGE_TAG, change_guard, database_problems
from infra.data.database_parameters import parameters
from infra.data.database_urls import PORT, database_url, owner
from infra.naming import database_name

MONITORING_SECONDS = 60
TIMEOUTS = pulumi.CustomTimeouts(create="40m", update="80m", delete="40m")
"""A multi-AZ change of class or storage takes longer than the provider's default timeout."""
LOGS = ("postgresql", "upgrade")
"""Log types that RDS exports to CloudWatch."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Arguments of the database."""

    subnet_ids: pulumi.Input[list[str]]
    """Private subnets in two availability zones."""
    security_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    """Encrypts storage, snapshots and Performance Insights."""
    owner_password: pulumi.Input[str]
    application_role: str
    application_password: pulumi.Input[str]
    engine_version: str
    """Major version only: AWS upgrades the minor one, and every deploy with a pinned minor would then fail."""
    instance_class: str
    storage_gb: int
    max_storage_gb: int
    multi_az: bool
    backup_days: int
    log_days: int
    """Retention of the engine's logs in CloudWatch."""
    protect: bool
    """True refuses deletion, in AWS and in Pulumi; False deletes the automated backups with the database."""
    final_snapshot: bool
    """Whether RDS takes a final snapshot at deletion; with `protect` it always does."""


class Database(pulumi.ComponentResource):
    """An encrypted PostgreSQL instance that accepts TLS connections only."""

    identifier: pulumi.Output[str]
    address: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    """host:port"""
    name: pulumi.Output[str]
    storage_gb: pulumi.Output[int]
    """Allocated now; RDS may have raised it above `DatabaseArgs.storage_gb`."""
    owner_url: pulumi.Output[str]
    """DATABASE_URL of migrations; secret."""
    application_url: pulumi.Output[str]
    """DATABASE_URL of the serving tasks; secret."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Database", name, None, opts)
        instance = self._instance(name, args)
        self.identifier = instance.identifier
        self.address = instance.address
        self.endpoint = instance.endpoint
        self.name = instance.db_name
        self.storage_gb = instance.allocated_storage
        self.owner_url = _url(instance, owner(pulumi.get_project()), args.owner_password)
        self.application_url = _url(instance, args.application_role, args.application_password)
        self.register_outputs({"address": self.address, "endpoint": self.endpoint, "identifier": self.identifier})

    def _instance(self, name: str, args: DatabaseArgs) -> aws.rds.Instance:
        child = pulumi.ResourceOptions(parent=self)
        # The name is generated here, not by Pulumi: the encrypted log groups must exist before RDS creates its own.
        prefix = database_name(pulumi.get_project())
        identifier = pulumi.Output.concat(f"{prefix}-", self._random(f"{name}-name", args))
        # The random part avoids a conflict with the final snapshot of an earlier database.
        final_snapshot = pulumi.Output.concat(f"{prefix}-final-", self._random(f"{name}-final-snapshot", args))
        subnets = aws.rds.SubnetGroup(f"{name}-subnets", subnet_ids=args.subnet_ids, opts=child)
        role, attachment = self._monitoring_role(name)
        return aws.rds.Instance(
            f"{name}-instance",
            identifier=identifier,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[args.security_group_id],
            publicly_accessible=False,
            multi_az=args.multi_az,
            final_snapshot_identifier=final_snapshot,
            parameter_group_name=self._parameter_group(name, args).name,
            monitoring_role_arn=role.arn,
            **_engine(args),
            **_backups(args),
            **_monitoring(args),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[attachment, *self._log_groups(name, identifier, args)],
                # Removing the name of a restored snapshot would replace the database.
                ignore_changes=["snapshot_identifier"],
                custom_timeouts=TIMEOUTS,
                hooks=change_guard(f"{name}-changes", database_problems),
            ),
        )

    def _random(self, name: str, args: DatabaseArgs) -> pulumi.Output[str]:
        # The keepers are the inputs that replace the database, because the names of the old one are still taken.
        project = pulumi.get_project()
        keepers = {"key": args.key_arn, "name": database_name(project), "owner": owner(project)}
        child = pulumi.ResourceOptions(parent=self)
        suffix: pulumi.Output[str] = random.RandomId(name, byte_length=4, keepers=keepers, opts=child).hex
        return suffix

    def _monitoring_role(self, name: str) -> tuple[aws.iam.Role, aws.iam.RolePolicyAttachment]:
        """Role of Enhanced Monitoring (Security Hub control RDS.6), and the attachment of its permissions."""
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(f"{name}-monitoring", assume_role_policy=policies.rds_monitoring_trust(), opts=child)
        attachment = aws.iam.RolePolicyAttachment(
            f"{name}-monitoring-writes",
            role=role.name,
            policy_arn=policies.MONITORING_POLICY,
            opts=child,
        )
        return role, attachment

    def _log_groups(
        self, name: str, identifier: pulumi.Output[str], args: DatabaseArgs
    ) -> list[aws.cloudwatch.LogGroup]:
        return [
            aws.cloudwatch.LogGroup(
                f"{name}-{log}-log",
                name=pulumi.Output.concat("/aws/rds/instance/", identifier, "/", log),
                retention_in_days=args.log_days,
                kms_key_id=args.key_arn,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for log in LOGS
        ]

    def _parameter_group(self, name: str, args: DatabaseArgs) -> aws.rds.ParameterGroup:
        return aws.rds.ParameterGroup(
            f"{name}-parameters",
            family=f"postgres{args.engine_version}",
            description="TLS forced; schema changes and slow statements logged",
            parameters=parameters(args.instance_class),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _engine(args: DatabaseArgs) -> dict[str, Any]:
    return {
        "engine": "postgres",
        "engine_version": args.engine_version,
        "auto_minor_version_upgrade": True,
        # Only a change of the setting `databaseVersion` upgrades the major version.
        "allow_major_version_upgrade": True,
        "maintenance_window": "sun:04:30-sun:05:30",
        "instance_class": args.instance_class,
        "db_name": database_name(pulumi.get_project()),
        "username": owner(pulumi.get_project()),
        "password": args.owner_password,
        "port": PORT,
        "iam_database_authentication_enabled": True,
        # Otherwise `pulumi up` succeeds while the change waits for the maintenance window.
        "apply_immediately": True,
        "storage_type": "gp3",
        "allocated_storage": args.storage_gb,
        "max_allocated_storage": args.max_storage_gb,
        # The size that was asked for last: a refresh replaces the input above by the size that RDS has grown it to.
        "tags": {STORAGE_TAG: str(args.storage_gb)},
        "storage_encrypted": True,
        "kms_key_id": args.key_arn,
    }


def _backups(args: DatabaseArgs) -> dict[str, Any]:
    return {
        "backup_retention_period": args.backup_days,
        "backup_window": "03:00-04:00",
        "copy_tags_to_snapshot": True,
        "delete_automated_backups": not args.protect,
        "deletion_protection": args.protect,
        "skip_final_snapshot": not (args.protect or args.final_snapshot),
    }


def _monitoring(args: DatabaseArgs) -> dict[str, Any]:
    return {
        "enabled_cloudwatch_logs_exports": list(LOGS),
        "monitoring_interval": MONITORING_SECONDS,
        "performance_insights_enabled": True,
        "performance_insights_kms_key_id": args.key_arn,
        "performance_insights_retention_period": 7,
    }


def _url(instance: aws.rds.Instance, role: str, password: pulumi.Input[str]) -> pulumi.Output[str]:
    url = pulumi.Output.all(instance.address, instance.db_name, password).apply(
        lambda known: database_url(known[0], known[1], role, known[2])
    )
    return pulumi.Output.secret(url)
