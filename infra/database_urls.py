"""Who connects to the database, and the URLs they connect with. Pure: no resources."""

from urllib.parse import urlencode

PORT = 5433
"""Not PostgreSQL's own 5432 (RDS.23): scanners try that first."""
NAME = "preqly"
OWNER = "preqly"
"""RDS's master user: it owns the tables, and migrations alone connect as it."""
APPLICATION_GROUP = "preqly_app"
"""The role without a login that holds the rights of the application's roles."""

# Where the web image keeps the public certificates of RDS (docker/rds/).
CA_BUNDLE = "/etc/ssl/certs/rds-global-bundle.pem"


def application_role(generation: int) -> str:
    """The role of the tasks of one generation of secrets.

    Each generation has its own, so that no password of a running task ever changes, however many rotations failed
    before this one.
    """
    return f"{APPLICATION_GROUP}_{generation}"


def database_url(address: str, role: str, password: str) -> str:
    """A DATABASE_URL; the server's certificate and its name are both checked."""
    checked = urlencode({"sslmode": "verify-full", "sslrootcert": CA_BUNDLE}, safe="/")
    return f"postgres://{role}:{password}@{address}:{PORT}/{NAME}?{checked}"
