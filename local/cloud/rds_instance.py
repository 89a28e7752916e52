"""A DB instance as moto describes it, for the agent that runs it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Instance:
    """What moto says about one DB instance, copied so that no lock is held while Docker works."""

    identifier: str
    resource_id: str
    address: str
    port: int
    status: str
    master: str
    password: str = field(repr=False)
    database: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    exported_logs: tuple[str, ...] = ()
    restored_from: str = ""
    """The snapshot whose copy its data begins as; empty for a new database."""

    @property
    def force_ssl(self) -> bool:
        """RDS refuses connections without TLS from PostgreSQL 15 on, unless told otherwise."""
        return self.parameters.get("rds.force_ssl", "1") != "0"

    @property
    def suffix(self) -> str:
        """Of the names of its container and its volume: a new instance of an old name starts empty, as on RDS."""
        return self.resource_id.lower()

    @property
    def wish(self) -> str:
        """Changes when something has to be told to the running server."""
        text = repr((self.master, self.password, self.database, sorted(self.parameters.items())))
        return hashlib.sha256(text.encode()).hexdigest()


def copy_of(database: Any) -> Instance:
    """What moto says about an instance right now; the caller holds the lock."""
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
    )
