"""A DB instance of moto, read for the agent."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Instance:
    """One DB instance, copied so that the lock is not held while Docker works."""

    identifier: str
    resource_id: str
    address: str
    port: int
    status: str
    master: str
    password: str = field(repr=False)
    """Empty leaves the one that the restored data has."""
    database: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    exported_logs: tuple[str, ...] = ()
    restored_from: str = ""
    """Name of the snapshot's copy that the data is restored from. Empty for a new database."""
    archive_of: str = ""
    """Resource id of the instance whose write-ahead log is followed after that, until `restore_time`."""
    restore_time: datetime | None = None
    """Naive and in UTC, as moto's times."""
    backup_days: int = 0
    """For how long automated backups are kept; 0 for none."""

    @property
    def force_ssl(self) -> bool:
        """Whether connections without TLS are refused: RDS's default from PostgreSQL 15 on."""
        return self.parameters.get("rds.force_ssl", "1") != "0"

    @property
    def suffix(self) -> str:
        """Suffix of the names of container and volume. It is unique, so an instance that reuses a name starts empty."""
        return self.resource_id.lower()

    @property
    def settings_digest(self) -> str:
        """Digest of the settings that are applied to the running server."""
        text = repr((self.master, self.password, self.database, sorted(self.parameters.items()), self.backup_days))
        return hashlib.sha256(text.encode()).hexdigest()


def read_instance(database: Any) -> Instance:
    """Read an instance from moto. Hold the cloud's lock."""
    parameters = {
        name: str(parameter["ParameterValue"])
        for group in database.db_parameter_groups()
        for name, parameter in group.parameters.items()
        if parameter.get("ParameterValue") is not None
    }
    return Instance(
        identifier=database.db_instance_identifier,
        resource_id=database.dbi_resource_id,
        address=database.address,
        port=database.port,
        status=database.status,
        master=database.master_username,
        password=database._master_user_password,
        database=database.db_name,
        parameters=parameters,
        exported_logs=tuple(database.enabled_cloudwatch_logs_exports),
        restored_from=getattr(database, "restored_from", ""),
        archive_of=getattr(database, "archive_of", ""),
        restore_time=getattr(database, "restore_time", None),
        backup_days=database.backup_retention_period or 0,
    )
