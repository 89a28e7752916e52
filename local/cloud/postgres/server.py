"""Telling a running PostgreSQL what RDS asks of it. Everything here is repeatable."""

import logging

from docker.errors import APIError
from docker.models.containers import Container

from local.cloud.containers import put_files
from local.cloud.postgres import files
from local.cloud.rds_instance import Instance

logger = logging.getLogger("preqly.cloud")

CONFLICT = 409
"""Docker's answer to what a container cannot do in its state."""
CANNOT_CONNECT = 2
"""psql's exit code when no server takes the connection."""

NEEDS_RESTART = "setting could not be applied"
"""PostgreSQL's word for a setting that holds from the next start on."""


class DatabaseNotReadyError(Exception):
    """PostgreSQL does not answer yet."""


def configure(instance: Instance, container: Container) -> None:
    """Roles, first database, who may connect, and the parameter group.

    Raises DatabaseNotReadyError while the server starts, RuntimeError with psql's words when it refuses.
    """
    verifier = files.scram_verifier(instance.password)
    roles = files.roles_sql(instance.master, verifier, instance.database)
    access = files.pg_hba_conf(instance.force_ssl)
    put_files(container, files.FOLDER, {"roles.sql": (roles, 0o644), "pg_hba.conf": (access, 0o644)})
    _psql(instance, container, f"--file={files.FOLDER}/roles.sql")
    known = set(_psql(instance, container, "--command=SELECT name FROM pg_settings").splitlines())
    # A name with a dot belongs to an extension: PostgreSQL keeps it until that is loaded.
    settings = {name: value for name, value in instance.parameters.items() if name in known or "." in name}
    _write_settings(container, files.parameters_conf(settings))
    if wrong := _setting_errors(instance, container, f"<> '{NEEDS_RESTART}'"):
        _write_settings(container, "")
        logger.warning("rds: %s: PostgreSQL refuses the parameter group: %s", instance.identifier, wrong)
    _psql(instance, container, "--command=SELECT pg_reload_conf()")
    # Settings that need a restart hold from an instance's first minute; later ones wait for a reboot, as on RDS.
    if instance.status == "creating" and _setting_errors(instance, container, f"= '{NEEDS_RESTART}'"):
        container.restart(timeout=10)


def _write_settings(container: Container, text: str) -> None:
    put_files(container, files.FOLDER, {"parameters.conf": (text, 0o644)})


def _setting_errors(instance: Instance, container: Container, which: str) -> str:
    query = "SELECT coalesce(name, ''), error FROM pg_file_settings WHERE error"
    return _psql(instance, container, f"--command={query} {which}")


def _psql(instance: Instance, container: Container, *arguments: str) -> str:
    try:
        code, output = container.exec_run(
            list(files.psql_command(instance.port, *arguments)),
            user="postgres",
            environment={"PATH": files.PROGRAM_PATH},
        )
    except APIError as error:
        if error.status_code == CONFLICT:
            raise DatabaseNotReadyError from error  # the container is not running
        raise
    if code == CANNOT_CONNECT:
        raise DatabaseNotReadyError
    if code != 0:
        raise RuntimeError(f"psql: {output.decode(errors='replace').strip()}")
    return str(output.decode().strip())
