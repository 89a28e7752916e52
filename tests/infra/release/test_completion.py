from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.release import completion, image_retention
from infra.release.completion import RETIRE_COMMAND, complete, expected_record
from infra.release.migration import one_off_task, release_state, snapshot
from infra.release.migration.migration import MigrationResult
from infra.release.migration.one_off_task import OneOffTask
from infra.release.migration.release_state import ReleaseState
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError
from infra.release.rollout import outdated_tasks
from tests.infra.release.fake_aws import FAMILY, MIGRATION, FakeAws, running_task
from tests.infra.release.records import EARLIER, PARAMETER, RELEASE

DONE = MigrationResult(heads={"core": "0002_b"}, migrated=["core.0002_b"], snapshot="preqly-1a2b-20260101")


class History:
    """The release history, in memory."""

    def __init__(self, *releases: ReleaseRecord) -> None:
        self.releases = list(releases)

    def latest(self) -> ReleaseRecord | None:
        return self.releases[-1] if self.releases else None

    def records(self) -> list[ReleaseRecord]:
        return self.releases

    def append(self, release: ReleaseRecord) -> ReleaseRecord:
        self.releases.append(replace(release, number=len(self.releases) + 1))
        return self.releases[-1]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    made = FakeAws()
    made.runs(8)
    monkeypatch.setattr(outdated_tasks, "POLL_SECONDS", 0)
    monkeypatch.setattr(completion, "utc_now", lambda: "2026-01-01T00:00:00+00:00")
    monkeypatch.setattr(image_retention, "tag_images", lambda session, release: tagged.append(release.number))
    monkeypatch.setattr(one_off_task, "run", lambda session, task: ran.append(task))
    tagged.clear()
    ran.clear()
    reported.clear()
    return made


tagged: list[int] = []
ran: list[OneOffTask] = []
reported: list[str] = []


def completed(
    aws: FakeAws, history: History, monkeypatch: pytest.MonkeyPatch, release: ReleaseRecord = RELEASE, done: Any = DONE
) -> ReleaseRecord:
    monkeypatch.setattr(completion, "ReleaseHistory", lambda session, name: history)
    return complete(aws.session, PARAMETER, release, done, reported.append)


def test_the_first_release_is_recorded_with_what_was_done_for_it(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()
    release = completed(aws, history, monkeypatch)
    expected = replace(
        RELEASE,
        number=1,
        at="2026-01-01T00:00:00+00:00",
        heads={"core": "0002_b"},
        migrated=["core.0002_b"],
        snapshot="preqly-1a2b-20260101",
    )
    assert history.releases == [release] == [expected]
    assert tagged == [1]
    assert ran == []
    assert reported == ["Release 1 is on record"]


def test_a_release_on_record_is_not_recorded_twice_but_its_images_are_tagged(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(replace(RELEASE, number=1))
    assert completed(aws, history, monkeypatch).number == 1
    assert len(history.releases) == 1
    assert tagged == [1]


def test_a_release_that_does_not_run_is_not_recorded(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(EARLIER)
    aws.runs(7)
    with pytest.raises(ReleaseError, match="does not run, preqly-test-web:7 does"):
        completed(aws, history, monkeypatch)
    assert history.releases == [EARLIER]


def test_an_equivalent_task_definition_counts_as_the_release_on_record(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rollback 6` brought it back under a definition that Pulumi does not know."""
    history = History(replace(RELEASE, number=6, task_definition=f"{FAMILY}:9"))
    aws.runs(9)
    assert completed(aws, history, monkeypatch).number == 6
    assert len(history.releases) == 1


def test_a_rotation_that_ecs_rolled_back_fails_although_the_images_are_equal(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi has nothing to do in the next update, so nothing else asks."""
    history = History(replace(RELEASE, number=6, task_definition=f"{FAMILY}:7"))
    aws.secret_versions = {f"{FAMILY}:7": "v-1", f"{FAMILY}:8": "v-2"}
    aws.runs(7)
    with pytest.raises(ReleaseError, match="preqly-test-web:8 does not run, preqly-test-web:7 does"):
        completed(aws, history, monkeypatch)
    assert len(history.releases) == 1


def test_what_an_earlier_update_migrated_is_read_from_aws(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    state = ReleaseState(unapplied=[], unknown=[], heads={"core": "0002_b"})
    monkeypatch.setattr(release_state, "read", lambda session, task: state)
    monkeypatch.setattr(snapshot, "taken_for", lambda session, database, made_for: f"{database} for {made_for}")
    release = completed(aws, History(EARLIER), monkeypatch, done=None)
    assert (release.heads, release.migrated) == ({"core": "0002_b"}, [])
    assert release.snapshot == f"preqly-1a2b for {MIGRATION}"


def test_migrations_of_a_failed_update_are_recorded_with_the_next_release(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def first_since(_session: Any, *which: Any) -> str:
        asked.append(which)
        return "before-both"

    monkeypatch.setattr(snapshot, "first_since", first_since)
    before = replace(EARLIER, at="2026-01-01T00:00:00+00:00", heads={"core": "0001_a"})
    release = completed(aws, History(before), monkeypatch, done=MigrationResult(heads={"core": "0002_b"}))
    assert (release.migrated, release.snapshot) == (["core.0002_b"], "before-both")
    assert asked == [("preqly-1a2b", datetime(2026, 1, 1, tzinfo=UTC))]


def test_an_update_without_a_new_migration_task_keeps_the_recorded_heads(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = replace(EARLIER, migration_task_definition=MIGRATION, heads={"core": "0001_a"})
    release = completed(aws, History(before), monkeypatch, done=None)
    assert release.heads == {"core": "0001_a"}
    assert ran == []


def test_after_a_rotation_the_previous_role_is_retired_before_the_record(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.secret_versions = {f"{FAMILY}:7": "v-1", f"{FAMILY}:8": "v-2"}
    history = History(EARLIER)

    def retire(session: Any, task: OneOffTask) -> str:
        assert history.releases == [EARLIER]
        ran.append(task)
        return "task"

    monkeypatch.setattr(one_off_task, "run", retire)
    completed(aws, history, monkeypatch)
    (task,) = ran
    assert (task.command, task.task_definition) == (RETIRE_COMMAND, MIGRATION)
    assert (task.subnets, task.security_groups) == (["subnet-a"], ["sg-t"])
    assert len(history.releases) == 2


def test_a_task_outside_the_service_with_a_previous_secret_is_reported_in_every_update(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.secret_versions = {f"{FAMILY}:8": "v-2"}
    aws.tasks = [running_task("2", MIGRATION, group="family:preqly-test-migration")]
    completed(aws, History(replace(RELEASE, number=1)), monkeypatch)
    assert [line.partition(" (")[0] for line in reported] == ["Task 2"]


def test_a_preview_expects_the_next_number() -> None:
    assert expected_record(RELEASE, None) == replace(RELEASE, number=1)
    assert expected_record(RELEASE, EARLIER) == replace(RELEASE, number=5)
    on_record = replace(RELEASE, number=6)
    assert expected_record(RELEASE, on_record) == on_record


def test_a_preview_expects_a_new_release_for_other_settings() -> None:
    before = replace(RELEASE, number=6, task_definition=f"{FAMILY}:7")
    assert expected_record(RELEASE, before) == replace(RELEASE, number=7)


def test_without_a_rotation_no_role_is_retired(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    completed(aws, History(EARLIER), monkeypatch)
    assert ran == []
