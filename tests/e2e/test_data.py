"""The data of a running site, brought back from a snapshot and from a dump. The tests run in this order."""

from pathlib import Path

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.load import assert_every_visit_answered, constant_load
from tests.e2e.running import psql
from tests.e2e.schedules import states
from tests.e2e.terminal import converse

# tests/recovery/test_restored_data.py tries the same commands on a database without a site.
pytestmark = [pytest.mark.containers, pytest.mark.long]


def sql(checkout: Checkout, statement: str) -> str:
    """What the owner of the tables gets from psql."""
    done = psql(checkout, checkout.secret()["OWNER_DATABASE_URL"], statement)
    assert done.returncode == 0, done.stderr
    return done.stdout


TITLE = "SELECT title FROM core_movie WHERE id = 1"
SAVE = "UPDATE core_movie SET title = 'Saved' WHERE id = 1"
CHANGE = "UPDATE core_movie SET title = 'Changed' WHERE id = 1"
ADD = """
INSERT INTO core_movie (id, title, director, year, genre, minutes, summary)
SELECT 999, title, director, year, genre, minutes, summary FROM core_movie WHERE id = 1
"""


def title(checkout: Checkout) -> str:
    """The title of the first movie."""
    return sql(checkout, TITLE).splitlines()[2].strip()


@pytest.fixture(scope="module")
def snapshot(deployed: Checkout) -> str:
    """A snapshot of the site with another title."""
    sql(deployed, SAVE)
    return str(deployed.ops_json("backup")["snapshot"])


def test_a_snapshot_is_restored_into_a_database_beside_the_sites(deployed: Checkout, snapshot: str) -> None:
    sql(deployed, CHANGE)
    told = deployed.ops_json("restore", "--snapshot", snapshot, "--into", "database", "--yes")
    answer = deployed.ops("psql", "--owner", "--", "-At", "-d", told["database"], "-c", TITLE)
    assert answer.stdout == "Saved\n", answer.stderr
    assert title(deployed) == "Changed"


def test_a_table_of_the_site_is_brought_back_while_it_serves(deployed: Checkout, snapshot: str) -> None:
    sql(deployed, ADD)
    with constant_load(deployed.runtime) as load:
        deployed.ops_json("restore", "--snapshot", snapshot, "--into", "site", "--table", "core_movie", "--yes")
    assert_every_visit_answered(load)
    assert title(deployed) == "Saved"
    assert "(0 rows)" in sql(deployed, "SELECT title FROM core_movie WHERE id = 999")


def test_a_dump_replaces_the_sites_data_and_media(deployed: Checkout, tmp_path: Path) -> None:
    bucket, store = deployed.outputs()["media_bucket"], deployed.aws("s3")
    store.put_object(Bucket=bucket, Key="posters/one.txt", Body=b"saved")
    deployed.ops_json("dump", str(tmp_path / "dump"))
    store.put_object(Bucket=bucket, Key="posters/one.txt", Body=b"changed")
    sql(deployed, CHANGE)
    deployed.ops_json("load", str(tmp_path / "dump"), "--yes")
    assert title(deployed) == "Saved"
    assert store.get_object(Bucket=bucket, Key="posters/one.txt")["Body"].read() == b"saved"
    assert set(states(deployed).values()) == {"ENABLED"}
    with deployed.browser() as browser:
        assert browser.get("/api/movies/1").json()["title"] == "Saved"


def test_a_shell_in_a_running_container_has_the_releases_variables(deployed: Checkout) -> None:
    release = deployed.releases()[0]["tag"]
    code, screen = converse(deployed, "shell", [("# ", "echo of-$RELEASE; exit")])
    assert (code, f"of-{release}" in screen) == (0, True), screen
