from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest

from infra.release.migration import snapshot
from infra.release.migration.earlier_attempts import with_earlier_attempts
from infra.release.migration.migration import MigrationResult
from infra.release.record import ReleaseRecord
from tests.infra.release.records import RELEASE

SESSION = cast(boto3.Session, None)
SERVES = replace(RELEASE, number=1, at="2026-01-01T00:00:00+00:00", heads={"core": "0003_c", "account": "0001_a"})
NEW = MigrationResult(heads={"core": "0004_d", "account": "0001_a"})


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


def found(done: MigrationResult, *history: ReleaseRecord) -> MigrationResult:
    return with_earlier_attempts(SESSION, history, "preqly-1a2b", done)


def test_new_migrations_that_this_update_did_not_run_come_from_an_earlier_attempt(asked: list[datetime]) -> None:
    assert found(NEW, SERVES) == replace(NEW, migrated=["core.0004_d"], snapshot="before-0004")
    assert asked == [datetime(2026, 1, 1, tzinfo=UTC)]


def test_migrations_that_this_update_ran_are_its_own(asked: list[datetime]) -> None:
    own = replace(NEW, migrated=["core.0004_d"], snapshot="own")
    assert found(own, SERVES) == own
    assert asked == []


def test_the_snapshot_of_an_interrupted_update_is_kept(asked: list[datetime]) -> None:
    assert found(replace(NEW, snapshot="own"), SERVES) == replace(NEW, migrated=["core.0004_d"], snapshot="own")


def test_a_release_without_new_migrations_has_none(asked: list[datetime]) -> None:
    done = MigrationResult(heads=SERVES.heads)
    assert found(done, SERVES) == done
    assert asked == []


def test_a_migration_of_a_release_that_was_rolled_back_belongs_to_that_release(
    asked: list[datetime],
) -> None:
    two = replace(SERVES, number=2, heads=dict(NEW.heads))
    back = replace(SERVES, number=3, kind="rollback")
    assert found(NEW, SERVES, two, back) == NEW


def test_a_rollback_in_between_does_not_hide_the_snapshot(asked: list[datetime]) -> None:
    back = replace(SERVES, number=2, kind="rollback", at="2026-02-01T00:00:00+00:00")
    found(NEW, SERVES, back)
    assert asked == [datetime(2026, 1, 1, tzinfo=UTC)]


def test_without_heads_on_record_nothing_counts_as_new(asked: list[datetime]) -> None:
    assert found(NEW, replace(SERVES, heads={})) == NEW
