"""Apply RDS's settings to a running PostgreSQL. Idempotent."""

import logging

from docker.errors import APIError
from docker.models.containers import Container

from embedded_cloud.agents.rds.instance import Instance
from embedded_cloud.agents.rds.postgres import configuration
from embedded_cloud.containers.docker_host import put_files

logger = logging.getLogger(__name__)

CONFLICT = 409
"""Docker's status for a container that is not running."""
CANNOT_CONNECT = 2
"""psql's exit code when the server does not accept the connection."""

NEEDS_RESTART = "setting could not be applied"
"""PostgreSQL's message for a setting that takes effect at the next start."""


class DatabaseNotReadyError(Exception):
    """PostgreSQL does not accept connections yet."""


def configure(instance: Instance, container: Container) -> None:
    """Create roles and the first database, and apply access rules and the parameter group.

    Raises DatabaseNotReadyError while the server starts, RuntimeError with psql's message when a statement fails.
    """
    verifier = configuration.scram_verifier(instance.password)
    roles = configuration.roles_sql(instance.master, verifier, instance.database)
    access = configuration.pg_hba_conf(instance.force_ssl)
    put_files(container, configuration.FOLDER, {"roles.sql": (roles, 0o644), "pg_hba.conf": (access, 0o644)})
    _psql(instance, container, f"--file={configuration.FOLDER}/roles.sql")
    known = set(_psql(instance, container, "--command=SELECT name FROM pg_settings").splitlines())
    # A name with a dot belongs to an extension; PostgreSQL accepts it before the extension is loaded.
    settings = {name: value for name, value in instance.parameters.items() if name in known or "." in name}
    _write_settings(container, configuration.parameters_conf(settings))
    if wrong := _setting_errors(instance, container, f"<> '{NEEDS_RESTART}'"):
        _write_settings(container, "")
        logger.warning("rds: %s: PostgreSQL refuses the parameter group: %s", instance.identifier, wrong)
    _psql(instance, container, "--command=SELECT pg_reload_conf()")
    # As on RDS, a new instance starts with its static parameters; later changes wait for a reboot.
    if instance.status == "creating" and _setting_errors(instance, container, f"= '{NEEDS_RESTART}'"):
        container.restart(timeout=10)


def _write_settings(container: Container, text: str) -> None:
    put_files(container, configuration.FOLDER, {"parameters.conf": (text, 0o644)})


def _setting_errors(instance: Instance, container: Container, which: str) -> str:
    query = "SELECT coalesce(name, ''), error FROM pg_file_settings WHERE error"
    return _psql(instance, container, f"--command={query} {which}")


def _psql(instance: Instance, container: Container, *arguments: str) -> str:
    try:
        code, output = container.exec_run(
            list(configuration.psql_command(instance.port, *arguments)),
            user="postgres",
            environment={"PATH": configuration.PROGRAM_PATH},
        )
    except APIError as error:
        if error.status_code == CONFLICT:
            raise DatabaseNotReadyError from error
        raise
    if code == CANNOT_CONNECT:
        raise DatabaseNotReadyError
    if code != 0:
        raise RuntimeError(f"psql: {output.decode(errors='replace').strip()}")
    return str(output.decode().strip())
