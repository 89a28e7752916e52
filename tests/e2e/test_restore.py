"""A running site: a drill from the write-ahead log, a dump, and the site's data replaced by earlier data."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout
from tests.e2e.running import containers, psql, service

pytestmark = pytest.mark.containers

UPLOAD_SECONDS = 300
"""RDS uploads the write-ahead log every five minutes; the stack's clocks are faster."""


def restorable(checkout: Checkout) -> datetime:
    """The latest restorable time of the site's database."""
    (found,) = checkout.aws("rds").describe_db_instances()["DBInstances"]
    moment: datetime = found["LatestRestorableTime"]
    return moment


def test_a_drill_checks_the_restored_database_in_a_task_and_leaves_nothing(deployed: Checkout) -> None:
    told = deployed.ops_json("drill", "--check", "SELECT count(*) FROM django_migrations")
    (answer,) = told["check"]["answers"]
    assert (answer["value"], told["problems"], told["check"]["unapplied"]) == (str(told["check"]["migrations"]), [], [])
    assert len(deployed.aws("rds").describe_db_instances()["DBInstances"]) == 1
    assert len(containers(deployed, "name=-db-")) == 1


def test_a_dump_holds_database_and_media(deployed: Checkout, tmp_path: Path) -> None:
    bucket = deployed.outputs()["media_bucket"]
    deployed.aws("s3").put_object(Bucket=bucket, Key="posters/one.txt", Body=b"a poster")
    told = deployed.ops_json("dump", str(tmp_path / "dump"))
    assert (tmp_path / "dump" / "media" / "posters" / "one.txt").read_text() == "a poster"
    assert (tmp_path / "dump" / "database.dump").read_bytes().startswith(b"PGDMP")
    assert told["media_files"] >= 1


def test_the_site_is_restored_to_the_data_and_the_release_of_an_earlier_moment(deployed: Checkout) -> None:
    then = deployed.releases()[1]
    moment = datetime.fromisoformat(then["at"]) + timedelta(seconds=1)
    owner = deployed.secret()["OWNER_DATABASE_URL"]
    assert psql(deployed, owner, "CREATE TABLE later (id integer)").returncode == 0
    wait_until(lambda: restorable(deployed) > moment, UPLOAD_SECONDS)
    told = deployed.ops_json("restore", "--at", moment.isoformat(), "--into", "site", "--rollback", "--yes")
    assert deployed.releases()[0]["tag"] == then["tag"]
    assert service(deployed)["runningCount"] == 2
    assert 'relation "later" does not exist' in psql(deployed, owner, "TABLE later").stderr
    with deployed.browser() as browser:
        assert browser.get("/account/login/").status_code == 200
    snapshots = deployed.aws("rds").describe_db_snapshots(DBSnapshotIdentifier=told["snapshot"])["DBSnapshots"]
    assert snapshots[0]["Status"] == "available"
