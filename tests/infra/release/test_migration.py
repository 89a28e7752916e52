"""The migration before a release, and migrations of updates that failed before their record."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.release.migration import one_off_task, release_state, snapshot
from infra.release.migration.migration import (
    PREPARE_COMMAND,
    PREPARE_SECONDS,
    MigrationResult,
    run_migration,
    task_of_service,
    with_earlier_attempts,
)
from infra.release.migration.one_off_task import OneOffTask, TaskFailed
from infra.release.migration.release_state import ReleaseState
from infra.release.migration.snapshot import SnapshotPolicy
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError
from tests.infra.release.fake_aws import CLUSTER, MIGRATION, RELEASE, FakeAws, service_inputs

TASK = OneOffTask(
    cluster=CLUSTER, task_definition=MIGRATION, subnets=["subnet-a"], security_groups=["sg-t"], public_address=False
)
MIGRATE_SECONDS = 1234
HEADS = {"core": "0002_rating", "account": "0001_initial"}
EMPTY = ["account.0001_initial", "core.0001_initial", "core.0002_rating"]
SNAPSHOT = "preqly-1a2b-20260101"


class Steps:
    """Stands in for tasks and snapshots, and keeps what was done, in order."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.reported: list[str] = []
        self.state = ReleaseState(unapplied=[], unknown=[], heads=HEADS)
        self.failure: TaskFailed | None = None
        patch.setattr(release_state, "run_and_read", self._prepare)
        patch.setattr(one_off_task, "run", self._migrate)
        patch.setattr(snapshot, "take", self._take)

    def run(self, kept: int = 3, **state: Any) -> MigrationResult:
        self.state = replace(self.state, **state)
        policy = SnapshotPolicy(project="preqly", database="preqly-1a2b", kept=kept)
        return run_migration(
            FakeAws().session, replace(TASK, timeout_seconds=MIGRATE_SECONDS), policy, self.reported.append
        )

    def _prepare(self, _session: Any, task: OneOffTask) -> ReleaseState:
        assert (task.command, task.timeout_seconds) == (PREPARE_COMMAND, PREPARE_SECONDS)
        self.done.append("prepared")
        return self.state

    def _migrate(self, _session: Any, task: OneOffTask) -> str:
        assert (task.command, task.timeout_seconds) == ((), MIGRATE_SECONDS)
        if self.failure:
            raise self.failure
        self.done.append("migrated")
        return "task"

    def _take(self, _session: Any, policy: SnapshotPolicy, made_for: str, _report: Any) -> str:
        assert made_for == MIGRATION
        self.done.append(f"snapshot of {policy.database}")
        return SNAPSHOT


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


def test_the_migration_task_is_read_from_the_service() -> None:
    assert task_of_service(service_inputs()) == TASK


def test_without_new_migrations_only_the_preparation_runs(steps: Steps) -> None:
    assert steps.run() == MigrationResult(heads=HEADS)
    assert (steps.done, steps.reported) == (["prepared"], ["Nothing to migrate"])


def test_a_snapshot_is_taken_before_a_migration(steps: Steps) -> None:
    done = steps.run(unapplied=["core.0002_rating"])
    assert done == MigrationResult(heads=HEADS, migrated=["core.0002_rating"], snapshot=SNAPSHOT)
    assert steps.done == ["prepared", "snapshot of preqly-1a2b", "migrated"]
    assert steps.reported == ["Migrating: core.0002_rating"]


@pytest.mark.parametrize(("unapplied", "kept"), [(["core.0002_rating"], 0), (EMPTY, 3)])
def test_no_snapshot_is_taken_where_none_is_kept_nor_of_an_empty_database(
    steps: Steps, unapplied: list[str], kept: int
) -> None:
    assert steps.run(kept, unapplied=unapplied).snapshot is None
    assert steps.done == ["prepared", "migrated"]


def test_many_migrations_are_counted(steps: Steps) -> None:
    steps.run(unapplied=[f"core.{number:04d}_x" for number in range(1, 31)])
    assert steps.reported == ["Migrating: 30 migrations, core.0001_x to core.0030_x"]


def test_migrations_that_the_release_does_not_know_are_named(steps: Steps) -> None:
    steps.run(unknown=["core.0003_more"])
    assert steps.reported[0] == "The database has migrations that this release does not know: core.0003_more"
    assert steps.done == ["prepared"]


def test_a_failure_says_that_the_service_was_not_touched_and_what_to_do(steps: Steps) -> None:
    steps.failure = TaskFailed("the migration failed: exit code 1")
    with pytest.raises(ReleaseError) as failure:
        steps.run(unapplied=["core.0002_rating"])
    assert str(failure.value).splitlines() == [
        "The release was not rolled out and the service was not touched: the migration failed: exit code 1",
        "Fix the cause and run `pulumi up` again; nothing else is needed.",
    ]


SERVES = replace(RELEASE, number=1, at="2026-01-01T00:00:00+00:00", heads={"core": "0003_c", "account": "0001_a"})
ROLLED_BACK = replace(SERVES, number=2, kind="rollback", at="2026-02-01T00:00:00+00:00")
NEW = MigrationResult(heads={"core": "0004_d", "account": "0001_a"})
OWN = replace(NEW, migrated=["core.0004_d"], snapshot="own")
EARLIER = replace(NEW, migrated=["core.0004_d"], snapshot="before-0004")


@pytest.mark.parametrize(
    ("history", "done", "expected"),
    [
        ([SERVES], NEW, EARLIER),
        # A rollback in between takes no snapshot.
        ([SERVES, ROLLED_BACK], NEW, EARLIER),
        # This update ran them, or took a snapshot before it was interrupted.
        ([SERVES], OWN, OWN),
        ([SERVES], replace(NEW, snapshot="own"), OWN),
        # Nothing is new, a release that was rolled back brought it, or the record has no heads.
        ([SERVES], MigrationResult(heads=SERVES.heads), MigrationResult(heads=SERVES.heads)),
        ([SERVES, replace(SERVES, number=2, heads=dict(NEW.heads)), ROLLED_BACK], NEW, NEW),
        ([replace(SERVES, heads={})], NEW, NEW),
    ],
)
def test_new_migrations_that_this_update_did_not_run_come_from_an_earlier_attempt(
    monkeypatch: pytest.MonkeyPatch, history: list[ReleaseRecord], done: MigrationResult, expected: MigrationResult
) -> None:
    def first_since(_session: Any, database: str, moment: datetime) -> str:
        assert (database, moment) == ("preqly-1a2b", datetime(2026, 1, 1, tzinfo=UTC))
        return "before-0004"

    monkeypatch.setattr(snapshot, "first_since", first_since)
    assert with_earlier_attempts(FakeAws().session, history, "preqly-1a2b", done) == expected
