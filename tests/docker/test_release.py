"""Two releases on one database: one migration at a time, roles that own nothing, static files of both releases."""

from collections.abc import Iterator

import httpx
import pytest

from django_hosting.schedules.runs import key
from ops.tasks.task import NO_LIMITS
from tests.docker.applications import Build
from tests.docker.releases import BUCKET, KEY, OWNER, Stage, build_another, hashed_names, login, static_files
from tests.docker.site import DATABASE_URL, Site, client, docker, eventually, ready
from tests.visitor import PASSWORD, post, sign_up, upload_picture

pytestmark = pytest.mark.containers

LOCK = int.from_bytes(b"migrate.", "big")
VERIFIER = "SELECT rolname, rolcanlogin, rolsuper, rolcreaterole, rolpassword FROM pg_authid WHERE rolname LIKE '{}%'"


@pytest.fixture(scope="module")
def stage(site: Site, endpoint: str, build: Build, tmp_path_factory) -> Iterator[Stage]:
    """A database with an owner that may create roles and databases and no more, as RDS's master user."""
    later = build_another(build, tmp_path_factory.mktemp("later"))
    stage = Stage(site, endpoint, later)
    stage.sql("CREATE ROLE rdsmaster LOGIN CREATEROLE CREATEDB PASSWORD 'onlyfortests2'")
    stage.sql("CREATE DATABASE shop OWNER rdsmaster")
    # As in a database that PostgreSQL 14 created and that was upgraded.
    stage.sql("GRANT CREATE ON SCHEMA public TO PUBLIC", DATABASE_URL.replace("5432/preqly", "5432/shop"))
    stage.store.create_bucket(Bucket=BUCKET)
    yield stage
    docker("image", "rm", "--force", *later.values(), check=False)


@pytest.fixture(scope="module")
def prepared(stage: Stage) -> Stage:
    """Release 1, prepared by two deployments at once, and migrated."""
    both = [stage.begin("prepare_release") for _ in range(2)]
    for ended in map(stage.end, both):
        assert ended.code == 0, ended.output
        assert "core.0001_initial" in ended.state["unapplied"]
    ended = stage.run("migrate", "--noinput")
    assert ended.code == 0, ended.output
    return stage


@pytest.fixture(scope="module")
def tasks(prepared: Stage) -> dict[int, int]:
    """TLS port per release; both serve."""
    ended = prepared.run("prepare_release", release=2)
    assert ended.code == 0, ended.output
    assert (ended.state["unapplied"], ended.state["unknown"]) == ([], [])
    ports = {release: prepared.serve(f"web{release}", release)[1] for release in (1, 2)}
    for port in ports.values():
        with client(port) as visitor:
            assert ready(visitor)
    return ports


@pytest.fixture
def visitor(tasks: dict[int, int]) -> Iterator[httpx.Client]:
    with client(tasks[1]) as found:
        yield found


def test_the_journeys_work_with_rights_on_rows_only(visitor: httpx.Client) -> None:
    sign_up(visitor, "ann@example.com")
    upload_picture(visitor)

    visitor.cookies.clear()
    login = {"username": "ann@example.com", "password": PASSWORD}
    for _ in range(4):
        assert post(visitor, "/account/login/", data=login | {"password": "wrong"}).status_code == 200
    assert post(visitor, "/account/login/", data=login).headers["location"] == "/account/profile/"
    assert post(visitor, "/account/password/reset/", data={"email": "ann@example.com"}).status_code == 302
    assert visitor.get("/api/movies/1").json()["title"] == "A Trip to the Moon"


def test_the_applications_role_cannot_change_tables_or_roles(prepared: Stage) -> None:
    for statement in ("CREATE TABLE mine ()", "DROP TABLE core_movie", "TRUNCATE core_movie", "CREATE ROLE friend"):
        printed = prepared.sql(statement, login("preqly_app_a"), check=False)
        assert "permission denied" in printed or "must be owner" in printed, statement


def test_the_applications_role_is_limited_in_time_and_the_owner_is_not(prepared: Stage) -> None:
    limits = (
        "SELECT setting::int / 1000 FROM pg_settings"
        " WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name DESC"
    )
    assert prepared.sql(limits, login("preqly_app_a")).split() == ["25", "30"]
    assert prepared.sql(limits, OWNER).split() == ["0", "0"]
    # A release with another limit changes the role that is there.
    ended = prepared.run("prepare_release", REQUEST_TIMEOUT="60")
    assert ended.code == 0, ended.output
    assert prepared.sql(limits, login("preqly_app_a")).split() == ["50", "60"]
    assert prepared.run("prepare_release").code == 0


def test_the_variable_of_the_teams_commands_lifts_the_limits_of_a_request(prepared: Stage) -> None:
    ask = "from django.db import connection as c; print({}, c.cursor().execute('SHOW {}').fetchone())"
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        command = ("shell", "--command", ask.format(repr(name), name))
        limited, lifted = (
            prepared.run(*command, DATABASE_URL=login("preqly_app_a"), PGOPTIONS=options)
            for options in ("", NO_LIMITS["PGOPTIONS"])
        )
        assert f"{name} ('{'25s' if name == 'statement_timeout' else '30s'}',)" in limited.output
        assert f"{name} ('0',)" in lifted.output


def test_its_password_is_a_verifier_and_preparing_again_changes_nothing(prepared: Stage) -> None:
    before = prepared.sql(VERIFIER.format("preqly_app"))
    group, role = before.splitlines()
    assert group == "preqly_app|f|f|f|"
    assert role.startswith("preqly_app_a|t|f|f|SCRAM-SHA-256$")
    ended = prepared.run("prepare_release")
    assert (ended.code, ended.state["unapplied"]) == (0, []), ended.output
    assert prepared.sql(VERIFIER.format("preqly_app")) == before
    assert "onlyfortests" not in ended.output


def test_tables_of_others_and_of_later_migrations_do_not_break_the_preparation(prepared: Stage) -> None:
    prepared.sql("CREATE VIEW public.platform AS SELECT 1", DATABASE_URL.replace("5432/preqly", "5432/shop"))
    prepared.sql("CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY); INSERT INTO later DEFAULT VALUES", OWNER)
    assert prepared.sql("INSERT INTO later DEFAULT VALUES RETURNING id", login("preqly_app_a")) == "2"
    assert prepared.run("prepare_release").code == 0


def test_a_rotation_keeps_the_earlier_role_until_it_is_retired(prepared: Stage) -> None:
    for role in ("turn_app_a", "turn_app_b"):
        ended = prepared.run("prepare_release", role=role)
        assert ended.code == 0, ended.output
    _, before = prepared.serve("before", role="turn_app_a")
    another = KEY.replace("first", "other")
    _, after = prepared.serve("after", role="turn_app_b", SECRET_KEY=another, SECRET_KEY_FALLBACKS=KEY)
    with client(before) as old, client(after) as new:
        assert ready(old)
        assert ready(new)
        sign_up(old, "bob@example.com")
        new.cookies.update(old.cookies)
        assert new.get("/account/profile/").status_code == 200, "the session is signed with the earlier key"

        used = prepared.run(
            "prepare_release", role="turn_app_a", APPLICATION_DATABASE_URL=login("turn_app_a", "another")
        )
        assert used.code == 1
        assert "connections under another password" in used.output
        assert old.get("/readyz").status_code == 200

        retired = prepared.run("retire_roles", role="turn_app_b")
        assert retired.code == 0, retired.output
        assert "retired roles: turn_app_a" in retired.output
        assert eventually(lambda: old.get("/readyz").status_code == 503)
        assert new.get("/account/profile/").status_code == 200
    assert prepared.sql(VERIFIER.format("turn_app_a")) == "turn_app_a|f|f|f|"
    back = prepared.run("prepare_release", role="turn_app_a")
    assert back.code == 0, back.output


def test_the_last_role_is_never_retired(prepared: Stage) -> None:
    ended = prepared.run("retire_roles", APPLICATION_DATABASE_URL=login("preqly_app_a", "mistyped"))
    assert ended.code == 1
    assert "cannot log in with APPLICATION_DATABASE_URL (wrong password)" in ended.output
    assert "Traceback" not in ended.output
    assert prepared.sql("SELECT 1", login("preqly_app_a")) == "1"


def test_a_second_migration_waits_and_names_the_lock(prepared: Stage) -> None:
    prepared.sql(f"SELECT pg_advisory_lock({LOCK}), pg_sleep(60)", OWNER, detach=True)
    holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    assert eventually(lambda: prepared.sql(holder) != "")
    process = prepared.sql(holder)
    tried = [prepared.begin(name, MIGRATION_WAIT_SECONDS="1") for name in ("migrate", "prepare_release")]
    elsewhere = prepared.begin("migrate", DATABASE_URL=DATABASE_URL, MIGRATION_WAIT_SECONDS="1")
    looked = prepared.run("migration_state", MIGRATION_WAIT_SECONDS="1")
    for ended in map(prepared.end, tried):
        assert ended.code == 75
        assert f"Database shop: another migration holds the lock (process {process} from " in ended.output
        assert "Traceback" not in ended.output
    assert prepared.end(elsewhere).code == 0, "other databases are not affected"
    assert (looked.code, looked.state["unapplied"]) == (0, []), "reading the state needs no lock"
    prepared.sql(f"SELECT pg_terminate_backend({process})")


def test_a_schedule_runs_once_for_each_time_and_never_beside_itself(prepared: Stage) -> None:
    first, again = (prepared.schedule("clearsessions", time) for time in ["2026-11-30T03:30:00Z"] * 2)
    assert (first.code, "was delivered before" in first.output) == (0, False), first.output
    assert (again.code, "was delivered before" in again.output) == (0, True), again.output
    assert prepared.sql("SELECT schedule, scheduled_time FROM django_hosting.schedule_run", OWNER) == (
        "clearsessions|2026-11-30 03:30:00+00"
    )
    prepared.sql(f"SELECT pg_advisory_lock({key('clearsessions')}), pg_sleep(60)", OWNER, detach=True)
    holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    assert eventually(lambda: prepared.sql(holder) != "")
    beside = prepared.schedule("clearsessions", "2026-12-01T03:30:00Z")
    assert (beside.code, "has not ended" in beside.output) == (0, True), beside.output
    # The lock ends with its connection, and the time that was skipped was not taken.
    prepared.sql(f"SELECT pg_terminate_backend({prepared.sql(holder)})")
    after = prepared.schedule("clearsessions", "2026-12-01T03:30:00Z")
    assert (after.code, "skipped" in after.output) == (0, False), after.output


def test_both_releases_serve_every_hashed_file_of_both(tasks: dict[int, int], prepared: Stage, tmp_path) -> None:
    wanted: dict[str, bytes] = {}
    of = {release: hashed_names(prepared.of(release).images["web"]) for release in tasks}
    for release, hashed in of.items():
        wanted |= static_files(prepared.of(release).images["proxy"], list(hashed.values()), tmp_path / str(release))
    assert of[1]["core/site.css"] != of[2]["core/site.css"]
    assert ("core/icon.svg" in of[1], "core/icon.svg" in of[2], "core/emblem.svg" in of[2]) == (True, False, True)
    for port in tasks.values():
        with client(port) as visitor:
            for name, body in wanted.items():
                answer = visitor.get(f"/static/{name}")
                assert (answer.status_code, answer.content) == (200, body), name
                assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", name
                assert answer.headers.get_list("x-frame-options") == ["DENY"]
                assert not [name for name in answer.headers if name in {"x-signed-url", "x-amz-request-id"}]


def test_an_unknown_hash_gets_the_current_file_for_a_minute(visitor: httpx.Client) -> None:
    answer = visitor.get("/static/core/site.0123456789ab.css", headers={"Accept-Encoding": "br, gzip"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "max-age=60")
    missing = visitor.get("/static/core/none.0123456789ab.css")
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")
    assert "There is nothing at this address." in missing.text
    assert "NoSuchKey" not in missing.text


def test_uploads_and_records_are_not_served_as_static_files(visitor: httpx.Client, prepared: Stage) -> None:
    store = prepared.store
    store.put_object(Bucket=BUCKET, Key="private/1/a.0123456789ab.txt", Body=b"secret")
    keys = [found["Key"] for found in store.list_objects_v2(Bucket=BUCKET)["Contents"]]
    tried = ["/static/../private/1/a.0123456789ab.txt", "/static/%2e%2e/private/1/a.0123456789ab.txt"]
    tried += [f"/{key}" for key in keys if key.startswith("static/releases/")]
    tried += [f"/media/{key}" for key in keys if key.startswith("static/")][:3]
    for address in tried:
        request = visitor.build_request("GET", "/")
        # The client would normalize the path.
        request.url = request.url.copy_with(raw_path=address.encode())
        assert visitor.send(request).status_code == 404, address
