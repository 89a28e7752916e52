"""PostgreSQL of a DB instance: its configuration files, and RDS's settings on the running server."""

import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from docker.errors import APIError
from docker.models.containers import Container

from embedded_cloud.agents.rds.instance import Instance
from embedded_cloud.containers.docker_host import put_files

FOLDER = "/embedded-cloud"
"""Folder of the configuration files and of the Unix socket in the container."""

DATA_FOLDER = "/var/lib/postgresql/data"
"""Mount point of the data volume, the same as in the official image."""

ADMINISTRATOR = "rdsadmin"
"""The superuser, named as on RDS. It connects only through the Unix socket in the container."""

PROGRAM_PATH = "/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin"
"""PATH with PostgreSQL's programs in the official image and in the stand-in."""

SCRAM_ITERATIONS = 4096
"""PostgreSQL's default of `scram_iterations`."""

START_SCRIPT = (Path(__file__).parent / "start.sh").read_text()
ROLES_SCRIPT = (Path(__file__).parent / "roles.sql").read_text()

OWN_SETTINGS = frozenset(
    {
        *(
            "config_file",
            "data_directory",
            "hba_file",
            "ident_file",
            "listen_addresses",
            "port",
            "unix_socket_directories",
        ),
        *("ssl", "ssl_ca_file", "ssl_cert_file", "ssl_key_file", "logging_collector", "log_destination"),
        # Sizes for an RDS instance do not fit this machine.
        *("shared_buffers", "huge_pages", "effective_cache_size", "shared_memory_type"),
    }
)
"""Settings that the embedded cloud decides, whatever the parameter group says."""

PRELOADABLE = frozenset({"pg_stat_statements", "auto_explain", "pg_prewarm"})
"""Libraries that both images contain. A server does not start with one that is missing."""


def postgresql_conf(port: int) -> str:
    return f"""\
listen_addresses = '*'
port = {port}
unix_socket_directories = '{FOLDER}'
hba_file = '{FOLDER}/pg_hba.conf'
ssl = on
ssl_cert_file = '{FOLDER}/server.pem'
ssl_key_file = '{FOLDER}/server.key'
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'
shared_buffers = '64MB'
log_timezone = 'UTC'
timezone = 'UTC'
include_if_exists '{FOLDER}/parameters.conf'
"""


def pg_hba_conf(force_ssl: bool) -> str:
    """Return pg_hba.conf: passwords for all, TLS if `rds.force_ssl` is on, no network access for the administrator."""
    return f"""\
local all {ADMINISTRATOR} trust
local replication {ADMINISTRATOR} trust
host all {ADMINISTRATOR} all reject
{"hostssl" if force_ssl else "host"} all all all scram-sha-256
"""


def parameters_conf(parameters: Mapping[str, str]) -> str:
    """Return the settings of a parameter group that apply here."""
    lines = []
    for name, value in sorted(parameters.items()):
        if name in OWN_SETTINGS or name.startswith("rds.") or "{" in value:
            continue
        kept = _preloadable(value) if name == "shared_preload_libraries" else value
        lines.append(f"{name} = {_quote(kept)}\n")
    return "".join(lines)


def roles_sql(master: str, verifier: str, database: str | None) -> str:
    """Return roles.sql with its variables. It holds no password, only the verifier that PostgreSQL stores."""
    variables = {"master": master, "verifier": verifier, **({"database": database} if database else {})}
    return "".join(f"\\set {name} {_quote(value)}\n" for name, value in variables.items()) + ROLES_SCRIPT


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """Return what PostgreSQL stores of a password (RFC 5803), so that the password never leaves this process.

    Works for printable ASCII, the only characters that RDS allows.
    """
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    text = [base64.b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{text[0]}${text[1]}:{text[2]}"


def psql_command(port: int, *arguments: str) -> Sequence[str]:
    """Return the `psql` command of the administrator in the container."""
    return (
        *("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"),
        *(f"--username={ADMINISTRATOR}", f"--host={FOLDER}", f"--port={port}", "--dbname=postgres"),
        *arguments,
    )


def _preloadable(value: str) -> str:
    return ",".join(name for name in (part.strip() for part in value.split(",")) if name in PRELOADABLE)


def _quote(value: str) -> str:
    # postgresql.conf and psql's \\set have the same quoting.
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


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
    verifier = scram_verifier(instance.password)
    roles = roles_sql(instance.master, verifier, instance.database)
    access = pg_hba_conf(instance.force_ssl)
    put_files(container, FOLDER, {"roles.sql": (roles, 0o644), "pg_hba.conf": (access, 0o644)})
    _psql(instance, container, f"--file={FOLDER}/roles.sql")
    known = set(_psql(instance, container, "--command=SELECT name FROM pg_settings").splitlines())
    # A name with a dot belongs to an extension; PostgreSQL accepts it before the extension is loaded.
    settings = {name: value for name, value in instance.parameters.items() if name in known or "." in name}
    _write_settings(container, parameters_conf(settings))
    if wrong := _setting_errors(instance, container, f"<> '{NEEDS_RESTART}'"):
        _write_settings(container, "")
        logger.warning("rds: %s: PostgreSQL refuses the parameter group: %s", instance.identifier, wrong)
    _psql(instance, container, "--command=SELECT pg_reload_conf()")
    # As on RDS, a new instance starts with its static parameters; later changes wait for a reboot.
    if instance.status in ("creating", "rebooting") and _setting_errors(instance, container, f"= '{NEEDS_RESTART}'"):
        container.restart(timeout=10)


def _write_settings(container: Container, text: str) -> None:
    put_files(container, FOLDER, {"parameters.conf": (text, 0o644)})


def _setting_errors(instance: Instance, container: Container, which: str) -> str:
    query = "SELECT coalesce(name, ''), error FROM pg_file_settings WHERE error"
    return _psql(instance, container, f"--command={query} {which}")


def _psql(instance: Instance, container: Container, *arguments: str) -> str:
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
