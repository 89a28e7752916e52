"""How to log in to the stack's database, from the application's secret. Never print the password."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3

from infra.ecs.containers import OWNER_KEY
from infra.release.record import ReleaseRecord
from ops.errors import OpsError

APPLICATION_KEY = "DATABASE_URL"


@dataclass(frozen=True, kw_only=True)
class DatabaseLogin:
    """Server, database and role."""

    host: str
    port: int
    role: str
    database: str
    password: str = field(repr=False)

    def through(self, local_port: int) -> dict[str, str]:
        """Variables of libpq for a tunnel. The certificate has the server's own name, so only TLS is demanded."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(local_port),
            "PGUSER": self.role,
            "PGDATABASE": self.database,
            "PGPASSWORD": self.password,
            "PGSSLMODE": "require",
        }


def read_login(session: boto3.Session, release: ReleaseRecord, *, owner: bool) -> DatabaseLogin:
    """The login of the application's role, or of the owner of the tables. Raises OpsError when the secret has none."""
    key = OWNER_KEY if owner else APPLICATION_KEY
    secrets: Any = session.client("secretsmanager")
    text = secrets.get_secret_value(SecretId=release.secret_arn)["SecretString"]
    try:
        url = urlsplit(json.loads(text)[key])
        return DatabaseLogin(
            host=str(url.hostname),
            port=int(url.port or 5432),
            role=unquote(url.username or ""),
            database=url.path.strip("/"),
            password=unquote(url.password or ""),
        )
    except (KeyError, ValueError):
        # Not chained: the cause may hold the secret's text.
        raise OpsError(f"Secret {release.secret_arn} has no {key}. `pulumi up --refresh` writes it.") from None
