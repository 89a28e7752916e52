"""Restored data: what a drill tells of it, and what is put in place of the present data, all of it or nothing."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import Clocks
from embedded_cloud.testing.polling import wait_until
from infra.ecs.containers import OWNER_KEY
from infra.release.record import REQUIRED_KEYS, utc_now
from ops.backup import drill
from ops.backup.data import Data
from ops.backup.database_check import Answer, DatabaseCheck
from ops.backup.postgres_client import Login, PostgresClient
from ops.errors import OpsError, UsageError
from ops.run import run
from support.clouds import client
from support.databases import PASSWORD, available, instance, psql, run_client, wait_until_available

pytestmark = pytest.mark.containers

FASTER = Clocks(time_factor=100)
"""The write-ahead log is uploaded every three seconds."""
APPLICATION = "example_app_1"
RIGHTS = f"""
CREATE ROLE example_app; CREATE ROLE {APPLICATION} LOGIN PASSWORD '{PASSWORD}'; GRANT example_app TO {APPLICATION};
GRANT USAGE ON SCHEMA public TO example_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO example_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO example_app;
"""
"""As django_hosting/release/roles.py gives them."""
TABLES = """
CREATE TABLE movie (id serial PRIMARY KEY, title text); INSERT INTO movie (title) VALUES ('kept');
CREATE TABLE review (movie integer REFERENCES movie (id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO review VALUES (1);
"""
BAD_MIGRATION = """
UPDATE movie SET title = 'lost';
ALTER TABLE movie ADD COLUMN added integer;
CREATE TABLE later (movie integer REFERENCES movie (id)); INSERT INTO later VALUES (1);
"""


def container(cloud: EmbeddedCloud, identifier: str) -> Any:
    return cloud.context.docker.container(instance(cloud, identifier)["DbiResourceId"].lower())


def data(cloud: EmbeddedCloud, identifier: str) -> Data:
    """The data of an instance, for the owner, by the programs of the database's own image."""
    (network,) = container(cloud, identifier).attrs["NetworkSettings"]["Networks"].values()
    login = Login(host=network["IPAddress"], port=5433, role="example", database="example", password=PASSWORD)
    return Data(PostgresClient(image=cloud.config.images["postgres"]), login)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A cloud with a database after a bad migration, and an instance restored from the snapshot before it."""
    with available(tmp_path_factory.mktemp("restore"), FASTER) as cloud:
        rds = client(cloud, "rds")
        psql(cloud, f"{RIGHTS} {TABLES}")
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


@pytest.fixture
def script(migrated: EmbeddedCloud, tmp_path: Path) -> Path:
    """The restored data as SQL."""
    path = tmp_path / "restored.sql"
    data(migrated, "restored").write_script(path)
    return path


def test_a_script_that_fails_leaves_the_database_as_it_was(migrated: EmbeddedCloud, script: Path) -> None:
    script.write_text(f"{script.read_text()}\nSELECT 1 / 0;\n")
    with pytest.raises(OpsError, match=r"(?s)stays as it was.*division by zero"):
        data(migrated, "site").replace(script)
    assert psql(migrated, "SELECT title FROM movie") == "lost"


def test_the_rows_of_some_tables_are_replaced_and_the_rest_stays(migrated: EmbeddedCloud, tmp_path: Path) -> None:
    live, rows = data(migrated, "site"), tmp_path / "movie.sql"
    with pytest.raises(UsageError, match=r"no table public.film. It has: public.later, public.movie"):
        live.chosen(["film"])
    data(migrated, "restored").write_script(rows, live.chosen(["movie"]))
    # `later` is checked at once, `review` at the end of the transaction.
    with pytest.raises(OpsError, match="violates foreign key constraint"):
        live.replace_rows(live.chosen(["movie"]), rows)
    assert psql(migrated, "SELECT title FROM movie") == "lost"
    psql(migrated, "DELETE FROM later")
    live.replace_rows(live.chosen(["movie"]), rows)
    assert psql(migrated, "SELECT * FROM movie NATURAL JOIN (SELECT movie AS id FROM review) AS of_movie") == "1|kept|"


def test_the_database_is_that_of_the_snapshot_though_tables_were_added_since(
    migrated: EmbeddedCloud, script: Path
) -> None:
    data(migrated, "site").replace(script)
    assert psql(migrated, "SELECT * FROM movie") == "1|kept"
    assert psql(migrated, "SELECT to_regclass('public.later')") == ""


def test_afterwards_the_application_has_its_rights_also_on_what_comes_next(migrated: EmbeddedCloud) -> None:
    def by_the_application(sql: str) -> str:
        address = instance(migrated)["Endpoint"]["Address"]
        place = f"host={address} port=5433 dbname=example user={APPLICATION} sslmode=require"
        return run_client(migrated, ["psql", "-XAt", place, "-c", sql], environment={"PGPASSWORD": PASSWORD})[1]

    assert by_the_application("INSERT INTO movie (title) VALUES ('new') RETURNING id").startswith("2")
    psql(migrated, "CREATE TABLE next AS SELECT 7 AS answer")
    assert by_the_application("SELECT answer FROM next") == "7"
    assert "must be owner of table movie" in by_the_application("DROP TABLE movie")


def test_a_dump_loads_into_an_empty_database_beside(migrated: EmbeddedCloud, tmp_path: Path) -> None:
    live, dump, again = data(migrated, "site"), tmp_path / "database.dump", tmp_path / "again.sql"
    live.write_archive(dump)
    live.script_of(dump, again)
    beside = live.create_database("restored_then")
    beside.load(again)
    assert beside.query("SELECT title FROM movie ORDER BY id") == ["kept", "new"]
    dump.write_text("no archive")
    with pytest.raises(OpsError, match="pg_restore failed"):
        live.script_of(dump, again)


@pytest.fixture
def ticking(migrated: EmbeddedCloud) -> Iterator[EmbeddedCloud]:
    """A row every 100 ms, the first of which can be restored."""
    psql(migrated, "CREATE TABLE tick (at timestamptz)")
    began, server = datetime.now(UTC), container(migrated, "site")
    rows = "BEGIN LOOP INSERT INTO tick VALUES (clock_timestamp()); COMMIT; PERFORM pg_sleep(0.1); END LOOP; END"
    administrator = ["psql", "--host=/embedded-cloud", "--port=5433", "--username=rdsadmin", "--dbname=example"]
    server.exec_run([*administrator, f"--command=DO $$ {rows} $$"], user="postgres", detach=True)
    wait_until(lambda: instance(migrated)["LatestRestorableTime"] > began + timedelta(seconds=2), 60)
    yield migrated
    stop = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DO %'"
    server.exec_run([*administrator, f"--command={stop}"], user="postgres")


@pytest.fixture
def stack(ticking: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> EmbeddedCloud:
    """A stack `prod` with this database on record, and the environment of an operator."""
    known = {**dict.fromkeys(REQUIRED_KEYS, "x"), "at": utc_now(), "database": "site", "secret_arn": "app"}
    owner = json.dumps({OWNER_KEY: f"postgres://example:{PASSWORD}@site:5433/example"})
    client(ticking, "secretsmanager").create_secret(Name="app", SecretString=owner)
    client(ticking, "ssm").put_parameter(Name="/preqly/prod/releases", Value=json.dumps(known), Type="String")
    for name, value in {"ENDPOINT_URL": ticking.endpoint, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return ticking


def test_a_drill_tells_the_time_whose_rows_a_failure_would_cost(
    stack: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(_stack: Any, _release: Any, host: str, queries: Sequence[str]) -> DatabaseCheck:
        (value,) = data(stack, host.partition(".")[0]).query(queries[0])
        return DatabaseCheck(tables=1, migrations=1, unapplied=(), answers=(Answer(query=queries[0], value=value),))

    monkeypatch.setattr(drill, "check", check)
    before = datetime.now(UTC)
    assert (
        run(["drill", "--stack", "prod", "--region", "us-east-1", "--json", "--check", "SELECT max(at) FROM tick"]) == 0
    )
    took, told = datetime.now(UTC) - before, json.loads(capsys.readouterr().out)
    until, lost = datetime.fromisoformat(told["restored"]), timedelta(seconds=told["lost_seconds"])
    last = datetime.fromisoformat(told["check"]["answers"][0]["value"])
    # Every row until the restorable moment is there, and that moment is as old as it says.
    assert last > until - timedelta(seconds=1)
    assert until + lost - before < took
    assert lost < timedelta(seconds=FASTER.shortened(300)) + took
    assert 0 < told["needed_seconds"] < took.total_seconds()
    assert {one["DBInstanceIdentifier"] for one in client(stack, "rds").describe_db_instances()["DBInstances"]} == {
        "site",
        "restored",
    }
