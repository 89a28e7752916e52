"""PostgreSQL for the application: one private RDS instance that only the tasks reach."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from infra import refused_changes
from infra.database_urls import NAME, OWNER, PORT, database_url
from infra.enhanced_monitoring import monitoring_role

SLOW_STATEMENT_MS = 1000
MONITORING_SECONDS = 60
TIMEOUTS = pulumi.CustomTimeouts(create="40m", update="80m", delete="40m")
"""A multi-AZ change of class or storage takes RDS longer than the provider waits by default."""
LOGS = ("postgresql", "upgrade")
"""What RDS sends to CloudWatch."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """What the database needs from the rest of the stack."""

    subnet_ids: pulumi.Input[list[str]]
    """Private, in two availability zones, without a route out."""
    security_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    """Encrypts storage, snapshots and Performance Insights."""
    owner_password: pulumi.Input[str]
    application_role: str
    application_password: pulumi.Input[str]
    engine_version: str
    """Major version only: AWS raises the minor one by itself, and a pinned minor would then refuse every deploy."""
    instance_class: str
    storage_gb: int
    max_storage_gb: int
    multi_az: bool
    backup_days: int
    log_days: int = 365
    """How long the engine's own log is kept in CloudWatch."""
    protect: bool
    """True refuses deletion, in AWS and in Pulumi; False deletes the automatic backups with the database."""
    final_snapshot: bool = True
    """RDS takes a last snapshot of what is deleted; a protected database leaves one in any case."""


class Database(pulumi.ComponentResource):
    """An encrypted PostgreSQL instance that refuses connections without TLS."""

    identifier: pulumi.Output[str]
    address: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    """host:port"""
    port: pulumi.Output[int]
    name: pulumi.Output[str]
    owner: pulumi.Output[str]
    owner_url: pulumi.Output[str]
    """For migrations; secret."""
    application_url: pulumi.Output[str]
    """For the site's tasks; secret."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Database", name, None, opts)
        instance = self._instance(name, args)
        self.identifier = instance.identifier
        self.address = instance.address
        self.endpoint = instance.endpoint
        self.port = instance.port
        self.name = instance.db_name
        self.owner = instance.username
        self.owner_url = _url(instance, OWNER, args.owner_password)
        self.application_url = _url(instance, args.application_role, args.application_password)
        self.register_outputs({"address": self.address, "endpoint": self.endpoint, "identifier": self.identifier})

    def _instance(self, name: str, args: DatabaseArgs) -> aws.rds.Instance:
        child = pulumi.ResourceOptions(parent=self)
        # An own name, random like Pulumi's: the log groups must exist, encrypted, before RDS makes them itself.
        identifier = pulumi.Output.concat(f"{NAME}-", self._random(f"{name}-name", args))
        # A snapshot outlives its database: without a random part the second one would be refused.
        final_snapshot = pulumi.Output.concat(f"{NAME}-final-", self._random(f"{name}-final-snapshot", args))
        subnets = aws.rds.SubnetGroup(f"{name}-subnets", subnet_ids=args.subnet_ids, opts=child)
        role, may_write = monitoring_role(name, self)
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
            **_storage(args),
            **_backups(args),
            **_insight(args),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[may_write, *self._log_groups(name, identifier, args)],
                # A database restored from a snapshot keeps its data when the setting that named the snapshot goes.
                ignore_changes=["snapshot_identifier"],
                custom_timeouts=TIMEOUTS,
                hooks=refused_changes.refusing(f"{name}-changes", refused_changes.database),
            ),
        )

    def _random(self, name: str, args: DatabaseArgs) -> pulumi.Output[str]:
        # What replaces a database renames it and its last snapshot: both names of the old one may still be taken.
        keepers = {"key": args.key_arn, "name": NAME, "owner": OWNER}
        child = pulumi.ResourceOptions(parent=self)
        suffix: pulumi.Output[str] = random.RandomId(name, byte_length=4, keepers=keepers, opts=child).hex
        return suffix

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
            parameters=[
                # RDS's own value since PostgreSQL 15, reported as applied this way: another word would differ forever.
                {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"},
                {"name": "log_statement", "value": "ddl"},
                {"name": "log_min_duration_statement", "value": str(SLOW_STATEMENT_MS)},
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )


def _engine(args: DatabaseArgs) -> dict[str, Any]:
    return {
        "engine": "postgres",
        "engine_version": args.engine_version,
        "auto_minor_version_upgrade": True,
        # A major version is named in the settings alone, so only a person who wrote another one gets it.
        "allow_major_version_upgrade": True,
        "maintenance_window": "sun:04:30-sun:05:30",
        "instance_class": args.instance_class,
        "db_name": NAME,
        "username": OWNER,
        "password": args.owner_password,
        "port": PORT,
        "iam_database_authentication_enabled": True,
        # An update that waits for Sunday's window looks done and is not; who deploys sees the minutes it takes.
        "apply_immediately": True,
    }


def _storage(args: DatabaseArgs) -> dict[str, Any]:
    return {
        "storage_type": "gp3",
        "allocated_storage": args.storage_gb,
        "max_allocated_storage": args.max_storage_gb,
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


def _insight(args: DatabaseArgs) -> dict[str, Any]:
    return {
        "enabled_cloudwatch_logs_exports": list(LOGS),
        "monitoring_interval": MONITORING_SECONDS,
        "performance_insights_enabled": True,
        "performance_insights_kms_key_id": args.key_arn,
        "performance_insights_retention_period": 7,
    }


def _url(instance: aws.rds.Instance, role: str, password: pulumi.Input[str]) -> pulumi.Output[str]:
    url = pulumi.Output.all(instance.address, password).apply(lambda known: database_url(known[0], role, known[1]))
    return pulumi.Output.secret(url)
