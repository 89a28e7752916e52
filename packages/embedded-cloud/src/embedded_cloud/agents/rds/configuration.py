"""Configuration files of PostgreSQL for a DB instance. Pure, but for the two scripts that it reads."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path

FOLDER = "/embedded-cloud"
"""Folder of the configuration files and of the Unix socket in the container."""

DATA_FOLDER = "/var/lib/postgresql/data"
"""Mount point of the data volume, the same as in the official image."""

ARCHIVE_FOLDER = "/var/lib/postgresql/archive"
"""Mount point of the volume with the archived write-ahead log, one compressed file a segment."""

SOURCE_FOLDER = "/var/lib/postgresql/source"
"""Mount point of the archive that a restore to a point in time reads."""

ADMINISTRATOR = "rdsadmin"
"""The superuser, named as on RDS. It connects only through the Unix socket in the container."""

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
        *("archive_command", "archive_mode", "archive_timeout", "hot_standby"),
        *("ssl", "ssl_ca_file", "ssl_cert_file", "ssl_key_file", "logging_collector", "log_destination"),
        # Sizes for an RDS instance do not fit this machine.
        *("shared_buffers", "huge_pages", "effective_cache_size", "shared_memory_type"),
    }
)
"""Settings that the embedded cloud decides, whatever the parameter group says."""

PRELOADABLE = frozenset({"pg_stat_statements", "auto_explain", "pg_prewarm"})
"""Libraries that both images contain. A server does not start with one that is missing."""


def postgresql_conf(port: int, recovery: str) -> str:
    """Return postgresql.conf; `recovery` are the settings of a restore to a point in time."""
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
hot_standby = off
archive_mode = on
include '{FOLDER}/archive.conf'
{recovery}include_if_exists '{FOLDER}/parameters.conf'
"""


def archive_conf(backup_days: int, timeout_seconds: int) -> str:
    """Return archive.conf: the log is archived at least every `timeout_seconds`, if backups are kept at all."""
    if not backup_days:
        return "archive_command = '/bin/true'\n"
    segment = f"{ARCHIVE_FOLDER}/%f.gz"
    return f"""\
archive_timeout = {timeout_seconds}
archive_command = 'gzip -1 < %p > {segment}.partial && mv {segment}.partial {segment}'
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


def roles_sql(master: str, verifier: str | None, database: str | None) -> str:
    """Return roles.sql with its variables. It holds no password, only the verifier that PostgreSQL stores."""
    given = {"master": master, "verifier": verifier, "database": database}
    variables = {name: value for name, value in given.items() if value}
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


def _preloadable(value: str) -> str:
    return ",".join(name for name in (part.strip() for part in value.split(",")) if name in PRELOADABLE)


def _quote(value: str) -> str:
    # postgresql.conf and psql's \\set have the same quoting.
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
