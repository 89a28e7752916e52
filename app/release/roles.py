"""Roles of the database: the owner makes and alters tables, the application reads and writes rows, no more.

The owner of DATABASE_URL may make roles and need not be a superuser, as on RDS. APPLICATION_DATABASE_URL names the
login role, such as preqly_app_2. What it may do is granted to the group preqly_app, which has a member for each
generation of secrets: a rotation makes the next one while tasks still use the one before, which is retired when they
are gone.
"""

from typing import Any

from django.db import ConnectionHandler, OperationalError, ProgrammingError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from config import database
from release.errors import ReleaseError
from release.rights import grant

_MEMBERS = """
SELECT DISTINCT member.rolname
FROM pg_auth_members JOIN pg_roles member ON member.oid = member JOIN pg_roles team ON team.oid = roleid
WHERE team.rolname = %s AND starts_with(member.rolname, %s) AND member.rolcanlogin AND member.rolname <> %s
"""


class RoleError(ReleaseError):
    """A role cannot be made, changed or used."""


def group_of(login: str) -> str:
    """The group a login role belongs to: its name up to the last underscore. Raises RoleError where there is none."""
    group, _, generation = login.rpartition("_")
    if not group or not generation:
        raise RoleError(
            f"APPLICATION_DATABASE_URL: the role {login!r} has no group. Its name must be the group's, an underscore "
            "and its generation, such as preqly_app_1"
        )
    return group


def prepare(connection: BaseDatabaseWrapper, application: dict[str, Any]) -> None:
    """Make the application's role, and let it use the rows of today's and later tables. Done again, changes nothing.

    Raises RoleError when the owner may not, when others still use the role with another password, or when the role
    cannot log in afterwards.
    """
    login, owner = application["USER"], connection.settings_dict["USER"]
    if login == owner:
        raise RoleError(f"APPLICATION_DATABASE_URL and DATABASE_URL name the same role, {login!r}: give each its own")
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            _set_up(connection, cursor, application)
    except ProgrammingError as error:
        raise RoleError(
            f"The role {owner!r} of DATABASE_URL cannot set up {login!r}: {_said(error)}. It needs CREATEROLE, and "
            "must own the database and the roles made before"
        ) from error
    _prove(application)


def retire(connection: BaseDatabaseWrapper, application: dict[str, Any]) -> list[str]:
    """Take password and login from every earlier role of the application, end their connections; their names.

    Raises RoleError when the role that remains cannot log in: nobody could then.
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
                # Only members of a role may end its connections; that the owner made it is not enough since 16.
                cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
                cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [name])
                cursor.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(role))
    return earlier


def _set_up(connection: BaseDatabaseWrapper, cursor: CursorWrapper, application: dict[str, Any]) -> None:
    login, group = application["USER"], group_of(application["USER"])
    for name in (group, login):
        if _may_log_in(cursor, name) is None:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
    cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(login)))
    grant(cursor, group)
    # Tried rather than set each time: the server's log of schema changes holds what is set.
    if _may_log_in(cursor, login) and _why_not(application) is None:
        return
    _refuse_while_used(cursor, login)
    encrypted = connection.connection.pgconn.encrypt_password(
        application["PASSWORD"].encode(), login.encode(), b"scram-sha-256"
    )
    change = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    cursor.execute(change.format(sql.Identifier(login), sql.Literal(encrypted.decode())))


def _may_log_in(cursor: CursorWrapper, role: str) -> bool | None:
    """None when there is no such role."""
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
    """What PostgreSQL says when the application logs in; None when it may."""
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
