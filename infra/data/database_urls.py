"""Database roles and connection URLs. Pure: no resources."""

from django_hosting import service_urls
from infra.naming import database_name

PORT = 5433
"""Not the default 5432 (Security Hub control RDS.23)."""
CA_BUNDLE = "/etc/ssl/certs/rds-global-bundle.pem"
"""Path of RDS's certificate authorities in the web image (docker/rds/)."""


def owner(project: str) -> str:
    """Master user of RDS and owner of the tables; only migrations connect as it."""
    return database_name(project)


def application_group(project: str) -> str:
    """Role without a login that holds the permissions of the application's roles."""
    return f"{database_name(project)}_app"


def application_role(project: str, generation: int) -> str:
    """The role that tasks of this secrets generation connect as.

    One role per generation: a rotation never changes the password of a running task.
    """
    return f"{application_group(project)}_{generation}"


def database_url(address: str, name: str, role: str, password: str) -> str:
    """A DATABASE_URL that verifies the server's certificate and host name."""
    server = service_urls.Server(address, PORT, role, password)
    return service_urls.postgres_url(server, name, {"sslmode": "verify-full", "sslrootcert": CA_BUNDLE})
