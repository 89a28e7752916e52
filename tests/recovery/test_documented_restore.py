"""The restore commands of docs/operations.md."""

import re
from collections.abc import Iterator

import pytest

from embedded_cloud.cloud import EmbeddedCloud
from local.runtime import ROOT
from support.clouds import client
from support.databases import PASSWORD, available, instance, psql, run_client, wait_until_available

pytestmark = pytest.mark.containers

APPLICATION = "example_app_1"
RIGHTS = f"""
CREATE ROLE example_app; CREATE ROLE {APPLICATION} LOGIN PASSWORD '{PASSWORD}'; GRANT example_app TO {APPLICATION};
GRANT USAGE ON SCHEMA public TO example_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO example_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO example_app;
"""
"""As django_hosting/release/roles.py gives them."""
BAD_MIGRATION = """
UPDATE movie SET title = 'lost';
ALTER TABLE movie ADD COLUMN added integer;
CREATE TABLE later (movie integer REFERENCES movie (id)); INSERT INTO later VALUES (1);
"""


def documented_commands(restored: str, live: str) -> str:
    """Return the commands from the dump to the restore, with these URLs."""
    page = (ROOT / "docs" / "operations.md").read_text()
    found = re.search(r"^pg_dump .*?<owner's URL at the live one>\"[^\n]*\n", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    lines = found[0].replace("<owner's URL at the restored one>", restored)
    return lines.replace("<owner's URL at the live one>", live)


def url(cloud: EmbeddedCloud, identifier: str, role: str = "example") -> str:
    endpoint = instance(cloud, identifier)["Endpoint"]
    return f"postgres://{role}:{PASSWORD}@{endpoint['Address']}:{endpoint['Port']}/example?sslmode=require"


def shell(cloud: EmbeddedCloud, script: str) -> tuple[int, str]:
    """Run a shell that has PostgreSQL's programs and reaches the databases. Return exit code and output."""
    return run_client(cloud, ["bash", "-c", f"cd /tmp\n{script}"])


def by_the_application(cloud: EmbeddedCloud, sql: str) -> str:
    code, told = shell(cloud, f'psql -XAt "{url(cloud, "site", APPLICATION)}" -c "{sql}"')
    assert code == 0, told
    return told


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A cloud with a database after a bad migration, and an instance restored from the snapshot before it."""
    with available(tmp_path_factory.mktemp("restore")) as cloud:
        rds = client(cloud, "rds")
        psql(cloud, f"{RIGHTS} CREATE TABLE movie (id serial PRIMARY KEY, title text)")
        psql(cloud, "INSERT INTO movie (title) VALUES ('kept')")
        rds.create_db_snapshot(DBInstanceIdentifier="site", DBSnapshotIdentifier="before")
        rds.get_waiter("db_snapshot_available").wait(
            DBSnapshotIdentifier="before", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        wait_until_available(cloud)
        psql(cloud, BAD_MIGRATION)
        rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier="restored", DBSnapshotIdentifier="before", DBSubnetGroupName="private"
        )
        wait_until_available(cloud, "restored")
        yield cloud


def test_a_restore_that_fails_leaves_the_database_as_it_was(migrated: EmbeddedCloud) -> None:
    lines = documented_commands(url(migrated, "restored"), url(migrated, "site"))
    code, told = shell(migrated, lines.replace("psql ", "echo 'SELECT 1 / 0;' >> restored.sql && psql "))
    assert code != 0
    assert "division by zero" in told
    assert psql(migrated, "SELECT title FROM movie") == "lost", told


def test_the_database_is_that_of_the_snapshot_though_tables_were_added_since(migrated: EmbeddedCloud) -> None:
    code, told = shell(migrated, documented_commands(url(migrated, "restored"), url(migrated, "site")))
    assert code == 0, told
    assert psql(migrated, "SELECT * FROM movie") == "1|kept"
    assert psql(migrated, "SELECT to_regclass('public.later')") == ""


def test_afterwards_the_application_has_its_rights_also_on_what_comes_next(migrated: EmbeddedCloud) -> None:
    assert by_the_application(migrated, "INSERT INTO movie (title) VALUES ('new') RETURNING id").startswith("2")
    psql(migrated, "CREATE TABLE next AS SELECT 7 AS answer")
    assert by_the_application(migrated, "SELECT answer FROM next") == "7"
    _, told = shell(migrated, f'psql "{url(migrated, "site", APPLICATION)}" -c "DROP TABLE movie"')
    assert "must be owner of table movie" in told
