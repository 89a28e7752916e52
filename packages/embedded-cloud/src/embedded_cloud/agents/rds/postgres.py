"""PostgreSQL of a DB instance: RDS's settings on the running server."""

import logging
from collections.abc import Sequence

from docker.errors import APIError
from docker.models.containers import Container

from embedded_cloud.agents.rds.configuration import (
    ADMINISTRATOR,
    FOLDER,
    parameters_conf,
    pg_hba_conf,
    roles_sql,
    scram_verifier,
)
from embedded_cloud.agents.rds.instance import Instance
from embedded_cloud.containers.docker_host import put_files

logger = logging.getLogger(__name__)

CONFLICT = 409
"""Docker's status for a container that is not running."""
CANNOT_CONNECT = 2
"""psql's exit code when the server does not accept the connection."""

NEEDS_RESTART = "setting could not be applied"
"""PostgreSQL's message for a setting that takes effect at the next start."""
PROGRAM_PATH = "/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin"
"""PATH with PostgreSQL's programs in the official image and in the stand-in."""


class DatabaseNotReadyError(Exception):
    """PostgreSQL does not accept connections yet."""


def configure(instance: Instance, container: Container, archive: str) -> None:
    """Create roles and the first database, and apply access rules, `archive` and the parameter group.

    Raises DatabaseNotReadyError while the server starts, RuntimeError with psql's message when a statement fails.
    """
    verifier = scram_verifier(instance.password) if instance.password else None
    files = {
        "roles.sql": roles_sql(instance.master, verifier, instance.database),
        "pg_hba.conf": pg_hba_conf(instance.force_ssl),
        "archive.conf": archive,
    }
    put_files(container, FOLDER, {name: (text, 0o644) for name, text in files.items()})
    psql(instance, container, f"--file={FOLDER}/roles.sql")
    known = set(psql(instance, container, "--command=SELECT name FROM pg_settings").splitlines())
    # A name with a dot belongs to an extension; PostgreSQL accepts it before the extension is loaded.
    settings = {name: value for name, value in instance.parameters.items() if name in known or "." in name}
    _write_settings(container, parameters_conf(settings))
    if wrong := _setting_errors(instance, container, f"<> '{NEEDS_RESTART}'"):
        _write_settings(container, "")
        logger.warning("rds: %s: PostgreSQL refuses the parameter group: %s", instance.identifier, wrong)
    psql(instance, container, "--command=SELECT pg_reload_conf()")
    # As on RDS, a new instance starts with its static parameters; later changes wait for a reboot.
    if instance.status in ("creating", "rebooting") and _setting_errors(instance, container, f"= '{NEEDS_RESTART}'"):
        container.restart(timeout=10)


def _write_settings(container: Container, text: str) -> None:
    put_files(container, FOLDER, {"parameters.conf": (text, 0o644)})


def _setting_errors(instance: Instance, container: Container, which: str) -> str:
    query = "SELECT coalesce(name, ''), error FROM pg_file_settings WHERE error"
    return psql(instance, container, f"--command={query} {which}")


def psql_command(port: int, *arguments: str) -> Sequence[str]:
    """Return the `psql` command of the administrator in the container."""
    return (
        *("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"),
        *(f"--username={ADMINISTRATOR}", f"--host={FOLDER}", f"--port={port}", "--dbname=postgres"),
        *arguments,
    )


def psql(instance: Instance, container: Container, *arguments: str) -> str:
    """Return what `psql` prints as the administrator. Raises DatabaseNotReadyError or RuntimeError with its message."""
    try:
        code, output = container.exec_run(
            list(psql_command(instance.port, *arguments)), user="postgres", environment={"PATH": PROGRAM_PATH}
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


def run(container: Container, command: Sequence[str]) -> None:
    """Run a command as PostgreSQL's user. Raises RuntimeError with its output."""
    code, output = container.exec_run(list(command), user="postgres", environment={"PATH": PROGRAM_PATH})
    if code != 0:
        raise RuntimeError(f"{command[0]}: {output.decode(errors='replace').strip()}")
