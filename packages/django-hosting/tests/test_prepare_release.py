"""prepare_release and migration_state, without a role and a bucket."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from django_hosting.management.commands import prepare_release
from django_hosting.release import cache_table, roles
from django_hosting.release.state import release_state

pytestmark = pytest.mark.django_db
FIRST, LAST = "0001_initial", "0003_logentry_add_action_flag_choices"


@pytest.fixture
def recorder() -> MigrationRecorder:
    return MigrationRecorder(connection)


def test_a_migrated_database_lacks_nothing_and_every_application_has_its_newest() -> None:
    state = release_state(connection)
    assert (state["unapplied"], state["unknown"]) == ([], [])
    assert state["heads"]["admin"] == LAST
    assert list(state["heads"]) == sorted(state["heads"])


def test_what_the_database_lacks_is_listed_in_the_order_in_which_it_would_run(recorder: MigrationRecorder) -> None:
    recorder.record_unapplied("admin", LAST)
    recorder.record_unapplied("admin", FIRST)
    assert release_state(connection)["unapplied"] == [f"admin.{FIRST}", f"admin.{LAST}"]


def test_what_only_the_database_has_is_unknown(recorder: MigrationRecorder) -> None:
    recorder.record_applied("admin", "0999_of_a_later_release")
    recorder.record_applied("gone", FIRST)
    state = release_state(connection)
    assert state["unknown"] == ["admin.0999_of_a_later_release", "gone.0001_initial"]
    assert state["heads"]["admin"] == LAST


def test_what_a_squashed_migration_replaced_is_known(
    recorder: MigrationRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced = [("admin", "0001_old"), ("admin", "0002_old")]
    loaded = MigrationLoader.load_disk

    def with_a_squash(self: MigrationLoader) -> None:
        loaded(self)
        self.disk_migrations["admin", LAST].replaces = replaced

    monkeypatch.setattr(MigrationLoader, "load_disk", with_a_squash)
    for app, name in replaced:
        recorder.record_applied(app, name)
    assert release_state(connection)["unknown"] == []


@pytest.mark.parametrize("command", ["migration_state", "prepare_release"])
def test_it_is_one_line_of_json_and_changes_nothing(
    command: str,
    recorder: MigrationRecorder,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: Callable[..., None],
) -> None:
    """Also for a project that keeps its own LOGGING."""
    monkeypatch.setattr(logging.root, "handlers", [])
    options(release="r7")
    recorder.record_unapplied("admin", LAST)
    before = recorder.applied_migrations().keys()
    call_command(command)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if '"event": "release_state"' in line]
    found = json.loads(line)
    assert (found["unapplied"], found["unknown"], found["release"]) == ([f"admin.{LAST}"], [], "r7")
    assert recorder.applied_migrations().keys() == before


def test_sessions_that_have_ended_are_deleted() -> None:
    for key, days in (("ended", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))
    call_command("prepare_release")
    assert [session.session_key for session in Session.objects.all()] == ["open"]


def test_a_database_without_tables_is_prepared_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.introspection, "table_names", lambda _cursor=None, include_views=False: [])
    # It is there, so that it cannot be created.
    monkeypatch.setattr(cache_table, "create", lambda: None)
    Session.objects.create(session_key="ended", session_data="", expire_date=timezone.now() - timedelta(days=1))
    call_command("prepare_release")
    assert Session.objects.exists()


@pytest.mark.parametrize("own", [{"NAME": "project"}, {"HOST": "elsewhere"}])
def test_no_role_is_prepared_in_a_database_that_is_the_projects_own(
    own: dict[str, str], options: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `leave = ["database"]`."""
    stack = {"HOST": "db", "NAME": "shop", "USER": "shop_app_1"}
    prepared: list[str] = []
    options(application_database=stack)
    monkeypatch.setattr(roles, "prepare", lambda _connection, role, *_given: prepared.append(role))
    theirs = SimpleNamespace(vendor="postgresql", settings_dict=stack | own)
    monkeypatch.setattr(prepare_release, "connection", theirs)
    prepare_release._prepare_role()
    assert prepared == []
    theirs.settings_dict = stack | {"USER": "owner"}
    prepare_release._prepare_role()
    assert prepared == [stack]


def test_the_table_of_a_cache_in_the_database_is_created_by_a_release(settings: Any) -> None:
    backend = "django.core.cache.backends.db.DatabaseCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "another_cache"}}
    call_command("prepare_release")
    call_command("prepare_release")
    assert "another_cache" in connection.introspection.table_names()
