"""The restore of docs/operations.md, by the very lines that people paste."""

import re
import uuid
from collections.abc import Iterator

import pytest

from local.cloud.server import EmbeddedCloud
from local.runtime import ROOT
from tests.local.cloud.clouds import client
from tests.local.cloud.databases import PASSWORD, available, instance, psql, wait_until_available

pytestmark = pytest.mark.containers

APPLICATION = "preqly_app_1"
RIGHTS = f"""
CREATE ROLE preqly_app; CREATE ROLE {APPLICATION} LOGIN PASSWORD '{PASSWORD}'; GRANT preqly_app TO {APPLICATION};
GRANT USAGE ON SCHEMA public TO preqly_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO preqly_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO preqly_app;
"""
"""As app/release/rights.py gives them."""
BAD_MIGRATION = """
UPDATE movie SET title = 'lost';
ALTER TABLE movie ADD COLUMN added integer;
CREATE TABLE later (movie integer REFERENCES movie (id)); INSERT INTO later VALUES (1);
"""


def pasted(restored: str, live: str) -> str:
    """From the first line that dumps to the last that restores."""
    page = (ROOT / "docs" / "operations.md").read_text()
    found = re.search(r"^pg_dump .*?<owner's URL at the live one>\"[^\n]*\n", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    lines = found[0].replace("<owner's URL at the restored one>", restored)
    return lines.replace("<owner's URL at the live one>", live)


def url(cloud: EmbeddedCloud, identifier: str, role: str = "preqly") -> str:
    endpoint = instance(cloud, identifier)["Endpoint"]
    return f"postgres://{role}:{PASSWORD}@{endpoint['Address']}:{endpoint['Port']}/preqly?sslmode=require"


def shell(cloud: EmbeddedCloud, script: str) -> tuple[int, str]:
    """Exit code and output of a shell that has PostgreSQL's programs and reaches the databases."""
    container = cloud.context.docker.run(
        f"client-{uuid.uuid4().hex[:8]}",
        cloud.config.images["postgres"],
        "client",
        entrypoint=["bash", "-c", f"cd /tmp\n{script}"],
        command=[],
    )
    code = container.wait(timeout=60)["StatusCode"]
    told = str(container.logs().decode().strip())
    container.remove()
    return code, told


def by_the_application(cloud: EmbeddedCloud, sql: str) -> str:
    code, told = shell(cloud, f'psql -XAt "{url(cloud, "site", APPLICATION)}" -c "{sql}"')
    assert code == 0, told
    return told


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A cloud whose database a bad migration has spoilt, and beside it what was restored of the time before."""
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
    lines = pasted(url(migrated, "restored"), url(migrated, "site"))
    code, told = shell(migrated, lines.replace("psql ", "echo 'SELECT 1 / 0;' >> restored.sql && psql "))
    assert code != 0
    assert "division by zero" in told
    assert psql(migrated, "SELECT title FROM movie") == "lost", told


def test_the_database_is_that_of_the_snapshot_though_tables_were_added_since(migrated: EmbeddedCloud) -> None:
    code, told = shell(migrated, pasted(url(migrated, "restored"), url(migrated, "site")))
    assert code == 0, told
    assert psql(migrated, "SELECT * FROM movie") == "1|kept"
    assert psql(migrated, "SELECT to_regclass('public.later')") == ""


def test_afterwards_the_application_has_its_rights_also_on_what_comes_next(migrated: EmbeddedCloud) -> None:
    assert by_the_application(migrated, "INSERT INTO movie (title) VALUES ('new') RETURNING id").startswith("2")
    psql(migrated, "CREATE TABLE next AS SELECT 7 AS answer")
    assert by_the_application(migrated, "SELECT answer FROM next") == "7"
    _, told = shell(migrated, f'psql "{url(migrated, "site", APPLICATION)}" -c "DROP TABLE movie"')
    assert "must be owner of table movie" in told
