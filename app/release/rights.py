"""What the application's group of roles may do in the database: use rows and sequences of the owner's tables."""

from django.db.backends.utils import CursorWrapper
from psycopg import sql

SCHEMA = "public"
RIGHTS = {"TABLE": ["SELECT", "INSERT", "UPDATE", "DELETE"], "SEQUENCE": ["USAGE", "SELECT"]}
# PostgreSQL's letters: tables, partitioned, foreign and materialized ones, views; sequences.
_KINDS = {"TABLE": "rpfmv", "SEQUENCE": "S"}
# Only the owner's own: extensions put views of the platform's here, which the owner cannot grant.
_LACKING = """
SELECT relname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
WHERE strpos(%s, relkind::text) > 0 AND relnamespace = %s::regnamespace AND rolname = current_user
  AND EXISTS (SELECT FROM unnest(%s::text[]) AS needed WHERE NOT {has_privilege}(%s, pg_class.oid, needed))
ORDER BY relname
"""


def grant(cursor: CursorWrapper, group: str) -> None:
    """Give the rights that the group lacks, and let it have them on what the owner makes later."""
    role, schema = sql.Identifier(group), sql.Identifier(SCHEMA)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
    cursor.execute("SELECT has_schema_privilege('public', %s, 'CREATE')", [SCHEMA])
    if cursor.fetchone()[0]:
        # Databases made before PostgreSQL 15 let everyone make tables here.
        cursor.execute(sql.SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC").format(schema))
    for kind, names in RIGHTS.items():
        rights = sql.SQL(", ").join(map(sql.SQL, names))
        later = sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT {} ON {} TO {}")
        cursor.execute(later.format(schema, rights, sql.SQL(f"{kind}S"), role))
        lacking = _lacking(cursor, kind, group)
        if lacking:
            found = sql.SQL(", ").join(sql.Identifier(SCHEMA, name) for name in lacking)
            cursor.execute(sql.SQL("GRANT {} ON {} {} TO {}").format(rights, sql.SQL(kind), found, role))


def _lacking(cursor: CursorWrapper, kind: str, group: str) -> list[str]:
    query = sql.SQL(_LACKING).format(has_privilege=sql.Identifier(f"has_{kind.lower()}_privilege"))
    cursor.execute(query, [_KINDS[kind], SCHEMA, RIGHTS[kind], group])
    return [name for (name,) in cursor.fetchall()]
