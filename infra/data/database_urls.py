"""Database roles and connection URLs. Pure: no resources."""

from urllib.parse import urlencode

PORT = 5433
"""Not the default 5432 (Security Hub control RDS.23)."""
NAME = "preqly"
OWNER = "preqly"
"""Master user of RDS and owner of the tables; only migrations connect as it."""
APPLICATION_GROUP = "preqly_app"
"""Role without a login that holds the permissions of the application's roles."""
CA_BUNDLE = "/etc/ssl/certs/rds-global-bundle.pem"
"""Path of RDS's certificate authorities in the web image (docker/rds/)."""


def application_role(generation: int) -> str:
    """The role that tasks of this secrets generation connect as.

    One role per generation: a rotation never changes the password of a running task.
    """
    return f"{APPLICATION_GROUP}_{generation}"


def database_url(address: str, role: str, password: str) -> str:
    """A DATABASE_URL that verifies the server's certificate and host name."""
    checked = urlencode({"sslmode": "verify-full", "sslrootcert": CA_BUNDLE}, safe="/")
    return f"postgres://{role}:{password}@{address}:{PORT}/{NAME}?{checked}"
