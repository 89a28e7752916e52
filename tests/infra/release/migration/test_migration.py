from typing import Any

import pytest

from infra.release.migration import one_off_task, release_state, snapshot
from infra.release.migration.migration import (
    MIGRATE_SECONDS,
    PREPARE_COMMAND,
    MigrationResult,
    run_migration,
    task_of_service,
)
from infra.release.migration.one_off_task import OneOffTask, TaskFailed
from infra.release.migration.release_state import ReleaseState
from infra.release.migration.snapshot import SnapshotPolicy
from infra.release.reporting import ReleaseError
from tests.infra.release.service import DEFINITION, service_inputs
from tests.infra.release.stubs import CLUSTER, Aws

TASK = OneOffTask(
    cluster=CLUSTER, task_definition=DEFINITION, subnets=["subnet-a"], security_groups=["sg-t"], public_address=False
)
HEADS = {"core": "0002_rating", "account": "0001_initial"}
UP_TO_DATE = ReleaseState(unapplied=[], unknown=[], heads=HEADS)
ONE_MISSING = ReleaseState(unapplied=["core.0002_rating"], unknown=[], heads=HEADS)
EMPTY = ReleaseState(
    unapplied=["account.0001_initial", "core.0001_initial", "core.0002_rating"], unknown=[], heads=HEADS
)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order."""
    done: list[str] = []

    def prepare(session: Any, task: OneOffTask) -> ReleaseState:
        assert task.command == PREPARE_COMMAND
        done.append("prepared")
        return states[0]

    def migrate(session: Any, task: OneOffTask) -> str:
        assert (task.command, task.timeout_seconds) == ((), MIGRATE_SECONDS)
        done.append("migrated")
        return "task"

    def take(session: Any, policy: SnapshotPolicy, made_for: str, report: Any) -> str:
        assert made_for == DEFINITION
        done.append(f"snapshot of {policy.database}")
        return "preqly-1a2b-20260101"

    states = [UP_TO_DATE]
    monkeypatch.setattr(release_state, "run_and_read", prepare)
    monkeypatch.setattr(one_off_task, "run", migrate)
    monkeypatch.setattr(snapshot, "take", take)
    return done


def run(state: ReleaseState, monkeypatch: pytest.MonkeyPatch, kept: int = 3) -> tuple[MigrationResult, list[str]]:
    reported: list[str] = []
    monkeypatch.setattr(release_state, "run_and_read", _prepared(release_state.run_and_read, state))
    policy = SnapshotPolicy(database="preqly-1a2b", kept=kept)
    return run_migration(Aws().session, TASK, policy, reported.append), reported


def _prepared(prepare: Any, state: ReleaseState) -> Any:
    def run_and_read(session: Any, task: OneOffTask) -> ReleaseState:
        prepare(session, task)
        return state

    return run_and_read


def test_the_migration_task_is_read_from_the_service() -> None:
    assert task_of_service(service_inputs()) == TASK


def test_without_new_migrations_only_the_preparation_runs(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    done, reported = run(UP_TO_DATE, monkeypatch)
    assert done == MigrationResult(heads=HEADS)
    assert steps == ["prepared"]
    assert reported == ["Nothing to migrate"]


def test_a_snapshot_is_taken_before_a_migration(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    done, reported = run(ONE_MISSING, monkeypatch)
    assert steps == ["prepared", "snapshot of preqly-1a2b", "migrated"]
    assert done == MigrationResult(heads=HEADS, migrated=["core.0002_rating"], snapshot="preqly-1a2b-20260101")
    assert reported == ["Migrating: core.0002_rating"]


def test_no_snapshot_is_taken_where_none_is_kept(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    done, _ = run(ONE_MISSING, monkeypatch, kept=0)
    assert steps == ["prepared", "migrated"]
    assert done.snapshot is None


def test_no_snapshot_is_taken_of_an_empty_database(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    done, _ = run(EMPTY, monkeypatch)
    assert steps == ["prepared", "migrated"]
    assert done.snapshot is None


def test_many_migrations_are_counted(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"core.{number:04d}_x" for number in range(1, 31)]
    _, reported = run(ReleaseState(unapplied=many, unknown=[], heads={}), monkeypatch)
    assert reported == ["Migrating: 30 migrations, core.0001_x to core.0030_x"]


def test_migrations_that_the_release_does_not_know_are_named(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = ReleaseState(unapplied=[], unknown=["core.0003_more"], heads=HEADS)
    _, reported = run(ahead, monkeypatch)
    assert reported[0] == "The database has migrations that this release does not know: core.0003_more"
    assert steps == ["prepared"]


def test_a_failure_says_that_the_service_was_not_touched_and_what_to_do(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise TaskFailed("the migration failed: exit code 1")

    monkeypatch.setattr(one_off_task, "run", fail)
    with pytest.raises(ReleaseError) as failure:
        run(ONE_MISSING, monkeypatch)
    assert str(failure.value).splitlines() == [
        "The release was not rolled out and the service was not touched: the migration failed: exit code 1",
        "Fix the cause and run `pulumi up` again; nothing else is needed.",
    ]
