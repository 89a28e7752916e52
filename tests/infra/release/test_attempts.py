from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest

from infra.release import snapshot
from infra.release.attempts import with_earlier_attempts
from infra.release.migration import Migrated
from infra.release.record import Release
from tests.infra.release.test_completion import RELEASE

SESSION = cast(boto3.Session, None)
SERVES = replace(RELEASE, number=1, at="2026-01-01T00:00:00+00:00", heads={"core": "0003_c", "account": "0001_a"})
NEW = Migrated(heads={"core": "0004_d", "account": "0001_a"})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Since when snapshots were asked for; there is one."""
    moments: list[datetime] = []

    def first_since(_session: Any, database: str, moment: datetime) -> str:
        assert database == "preqly-1a2b"
        moments.append(moment)
        return "before-0004"

    monkeypatch.setattr(snapshot, "first_since", first_since)
    return moments


def found(done: Migrated, *history: Release) -> Migrated:
    return with_earlier_attempts(SESSION, history, "preqly-1a2b", done)


def test_what_the_last_release_did_not_know_and_this_update_did_not_run_was_run_before(asked: list[datetime]) -> None:
    assert found(NEW, SERVES) == replace(NEW, migrated=["core.0004_d"], snapshot="before-0004")
    assert asked == [datetime(2026, 1, 1, tzinfo=UTC)]


def test_what_this_update_ran_is_its_own(asked: list[datetime]) -> None:
    own = replace(NEW, migrated=["core.0004_d"], snapshot="own")
    assert found(own, SERVES) == own
    assert asked == []


def test_the_snapshot_of_an_update_that_was_cut_off_is_kept(asked: list[datetime]) -> None:
    assert found(replace(NEW, snapshot="own"), SERVES) == replace(NEW, migrated=["core.0004_d"], snapshot="own")


def test_a_release_with_nothing_new_has_none(asked: list[datetime]) -> None:
    done = Migrated(heads=SERVES.heads)
    assert found(done, SERVES) == done
    assert asked == []


def test_a_migration_that_was_rolled_back_from_was_brought_by_the_release_that_was_undone(
    asked: list[datetime],
) -> None:
    two = replace(SERVES, number=2, heads=dict(NEW.heads))
    back = replace(SERVES, number=3, kind="rollback")
    assert found(NEW, SERVES, two, back) == NEW


def test_a_rollback_in_between_does_not_hide_the_snapshot(asked: list[datetime]) -> None:
    back = replace(SERVES, number=2, kind="rollback", at="2026-02-01T00:00:00+00:00")
    found(NEW, SERVES, back)
    assert asked == [datetime(2026, 1, 1, tzinfo=UTC)]


def test_records_without_heads_say_nothing_about_others(asked: list[datetime]) -> None:
    assert found(NEW, replace(SERVES, heads={})) == NEW
