"""Database roles: the owner creates and alters tables, the application reads and writes rows only.

The owner in DATABASE_URL may create roles and need not be a superuser, as on RDS. APPLICATION_DATABASE_URL names the
login role, such as site_app_2. Its rights belong to the group site_app, which has one member per generation of
secrets. A rotation creates the next member; the earlier one is retired when no task uses it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import ConnectionHandler, OperationalError, ProgrammingError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import is_psycopg3, sql
from django.db.backends.utils import CursorWrapper

from django_hosting import database
from django_hosting.release.errors import ReleaseError

RIGHTS = {"TABLE": ["SELECT", "INSERT", "UPDATE", "DELETE"], "SEQUENCE": ["USAGE", "SELECT"]}
# PostgreSQL's relkind: tables, partitioned and foreign tables, materialized views, views; sequences.
_KINDS = {"TABLE": "rpfmv", "SEQUENCE": "S"}
# The owner's own relations only, because extensions create views here that the owner cannot grant.
_LACKING = """
SELECT relname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
WHERE strpos(%s, relkind::text) > 0 AND relnamespace = %s::regnamespace AND rolname = current_user
  AND EXISTS (SELECT FROM unnest(%s::text[]) AS needed WHERE NOT {has_privilege}(%s, pg_class.oid, needed))
ORDER BY relname
"""
_MEMBERS = """
SELECT DISTINCT member.rolname
FROM pg_auth_members JOIN pg_roles member ON member.oid = member JOIN pg_roles team ON team.oid = roleid
WHERE team.rolname = %s AND starts_with(member.rolname, %s) AND member.rolcanlogin AND member.rolname <> %s
"""


class RoleError(ReleaseError):
    """A role cannot be created, changed or used."""


def group_of(login: str) -> str:
    """Return the group of a login role, its name up to the last underscore. Raises RoleError if there is none."""
    group, _, generation = login.rpartition("_")
    if not group or not generation:
        raise RoleError(
            f"APPLICATION_DATABASE_URL: the role {login!r} has no group. Its name must be the group's, an underscore "
            "and its generation, such as site_app_1"
        )
    return group


def prepare(
    connection: BaseDatabaseWrapper, application: dict[str, Any], limits: Mapping[str, str], schemas: Iterable[str]
) -> None:
    """Create the application's role with rights on all present and future tables of the schemas. May be repeated.

    `limits` are PostgreSQL settings of this role's sessions (deadline.py). The owner, who migrates, has none.

    Raises RoleError when the owner lacks rights, when connections use the role with another password, or when the
    role cannot log in afterwards.
    """
    login, owner = application["USER"], connection.settings_dict["USER"]
    if login == owner:
        raise RoleError(f"APPLICATION_DATABASE_URL and DATABASE_URL name the same role, {login!r}: give each its own")
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            _set_up(connection, cursor, application, schemas)
            for name, value in limits.items():
                limit = sql.SQL("ALTER ROLE {} SET {} = {}")
                cursor.execute(limit.format(sql.Identifier(login), sql.Identifier(name), sql.Literal(value)))
    except ProgrammingError as error:
        raise RoleError(
            f"The role {owner!r} of DATABASE_URL cannot set up {login!r}: {_said(error)}. It needs CREATEROLE, and "
            "must own the database and the roles made before"
        ) from error
    _prove(application)


def create_schemas(connection: BaseDatabaseWrapper, names: Iterable[str]) -> None:
    """Create the schemas that are missing, before migrations make tables in the first of the search path."""
    with connection.cursor() as cursor:
        for name in names:
            _create_schema(cursor, name)


def retire(connection: BaseDatabaseWrapper, application: dict[str, Any]) -> list[str]:
    """Remove password and login of the application's earlier roles, end their connections, return their names.

    Raises RoleError, and retires none, when the present role cannot log in.
    """
    login, group = application["USER"], group_of(application["USER"])
    _prove(application)
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [group, f"{group}_", login])
        earlier = sorted(name for (name,) in cursor.fetchall())
        for name in earlier:
            role = sql.Identifier(name)
            cursor.execute(sql.SQL("ALTER ROLE {} NOLOGIN PASSWORD NULL").format(role))
            with transaction.atomic(using=connection.alias):
                # Since PostgreSQL 16 only members of a role may end its connections.
                cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
                cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [name])
                cursor.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(role))
    return earlier


def _set_up(
    connection: BaseDatabaseWrapper, cursor: CursorWrapper, application: dict[str, Any], schemas: Iterable[str]
) -> None:
    login, group = application["USER"], group_of(application["USER"])
    for name in (group, login):
        if _may_log_in(cursor, name) is None:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
    cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(login)))
    for schema in schemas:
        _grant(cursor, group, schema)
    # The password is set only if it does not work, because the server logs ALTER ROLE.
    if _may_log_in(cursor, login) and _why_not(application) is None:
        return
    _refuse_while_used(cursor, login)
    change = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    encrypted = _encrypted(connection.connection, login, application["PASSWORD"])
    cursor.execute(change.format(sql.Identifier(login), sql.Literal(encrypted)))


def _encrypted(connection: Any, login: str, password: str) -> str:
    """The password as PostgreSQL stores it, so that it is in no log of the server."""
    if is_psycopg3:
        return str(connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode())
    from psycopg2.extensions import encrypt_password  # noqa: PLC0415 - only where the project has psycopg2

    return str(encrypt_password(password, login, connection, "scram-sha-256"))


def _grant(cursor: CursorWrapper, group: str, name: str) -> None:
    """Grant the group missing rights on existing tables of a schema, and default rights on future ones."""
    role, schema = sql.Identifier(group), sql.Identifier(name)
    _create_schema(cursor, name)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
    cursor.execute("SELECT has_schema_privilege('public', %s, 'CREATE')", [name])
    if cursor.fetchone()[0]:
        # Before PostgreSQL 15 every role could create tables here.
        cursor.execute(sql.SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC").format(schema))
    for kind, names in RIGHTS.items():
        rights = sql.SQL(", ").join(map(sql.SQL, names))
        later = sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT {} ON {} TO {}")
        cursor.execute(later.format(schema, rights, sql.SQL(f"{kind}S"), role))
        lacking = _lacking(cursor, kind, group, name)
        if lacking:
            found = sql.SQL(", ").join(sql.Identifier(name, relation) for relation in lacking)
            cursor.execute(sql.SQL("GRANT {} ON {} {} TO {}").format(rights, sql.SQL(kind), found, role))


def _create_schema(cursor: CursorWrapper, name: str) -> None:
    # IF NOT EXISTS would demand the right to create one also where it exists.
    cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [name])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))


def _lacking(cursor: CursorWrapper, kind: str, group: str, schema: str) -> list[str]:
    query = sql.SQL(_LACKING).format(has_privilege=sql.Identifier(f"has_{kind.lower()}_privilege"))
    cursor.execute(query, [_KINDS[kind], schema, RIGHTS[kind], group])
    return [name for (name,) in cursor.fetchall()]


def _may_log_in(cursor: CursorWrapper, role: str) -> bool | None:
    """Return None if the role does not exist."""
    cursor.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [role])
    row = cursor.fetchone()
    return row[0] if row else None


def _refuse_while_used(cursor: CursorWrapper, login: str) -> None:
    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [login])
    (used,) = cursor.fetchone()
    if used:
        raise RoleError(
            f"The role {login!r} still has {used} connections under another password: tasks of an earlier rotation "
            "serve with it and would lose the database. Raise secretsGeneration: each generation has a role of its own"
        )


def _prove(application: dict[str, Any]) -> None:
    error = _why_not(application)
    if error is not None:
        raise RoleError(
            f"The role {application['USER']!r} cannot log in with APPLICATION_DATABASE_URL ({database.why(error)}): "
            f"{_said(error)}. Host, port, database and TLS must be those of DATABASE_URL"
        )


def _why_not(application: dict[str, Any]) -> OperationalError | None:
    """Return the error of a login as the application; None if it succeeds."""
    connection = ConnectionHandler({"default": application})["default"]
    try:
        connection.ensure_connection()
    except OperationalError as error:
        return error
    finally:
        connection.close()
    return None


def _said(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
