"""The end of an update: the release is recorded once ECS runs it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.release import completion, image_tags
from infra.release.completion import RETIRE_COMMAND, complete, expected_record
from infra.release.migration import one_off_task, release_state, snapshot
from infra.release.migration.migration import MigrationResult
from infra.release.migration.one_off_task import OneOffTask
from infra.release.migration.release_state import ReleaseState
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError
from infra.release.rollout import processes
from tests.infra.release.fake_aws import EARLIER, FAMILY, MIGRATION, PARAMETER, RELEASE, FakeAws, running_task

DONE = MigrationResult(heads={"core": "0002_b"}, migrated=["core.0002_b"], snapshot="preqly-1a2b-20260101")
ROTATED = {f"{FAMILY}:7": "v-1", f"{FAMILY}:8": "v-2"}
"""Secret versions of the release on record and of the new one."""


class Update:
    """The end of an update on FakeAws, which runs revision 8, with its release history in memory."""

    def __init__(self, aws: FakeAws, patch: pytest.MonkeyPatch) -> None:
        self.aws, self.history = aws, [EARLIER]
        self.tagged: list[int] = []
        self.ran: list[tuple[OneOffTask, int]] = []
        """One-off tasks, with the number of releases on record."""
        self.reported: list[str] = []
        aws.runs(8)
        patch.setattr(completion, "ReleaseHistory", lambda session, name: self)
        patch.setattr(completion, "utc_now", lambda: "2026-01-01T00:00:00+00:00")
        patch.setattr(image_tags, "tag_images", lambda session, release: self.tagged.append(release.number))
        patch.setattr(one_off_task, "run", lambda session, task: self.ran.append((task, len(self.history))))

    def latest(self) -> ReleaseRecord | None:
        return self.history[-1] if self.history else None

    def records(self) -> list[ReleaseRecord]:
        return self.history

    def append(self, release: ReleaseRecord) -> ReleaseRecord:
        self.history.append(replace(release, number=len(self.history) + 1))
        return self.history[-1]

    def end(self, migration: MigrationResult | None = DONE) -> ReleaseRecord:
        return complete(self.aws.session, PARAMETER, RELEASE, migration, self.reported.append)


@pytest.fixture
def update(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Update:
    return Update(aws, monkeypatch)


def test_the_first_release_is_recorded_with_what_was_done_for_it(update: Update) -> None:
    update.history = []
    release = update.end()
    expected = replace(
        RELEASE,
        number=1,
        at="2026-01-01T00:00:00+00:00",
        heads={"core": "0002_b"},
        migrated=["core.0002_b"],
        snapshot="preqly-1a2b-20260101",
    )
    assert update.history == [release] == [expected]
    assert (update.tagged, update.ran, update.reported) == ([1], [], ["Release 1 is on record"])


def test_a_release_on_record_is_not_recorded_twice_but_its_images_are_tagged(update: Update) -> None:
    update.history = [replace(RELEASE, number=1)]
    assert update.end().number == 1
    assert (len(update.history), update.tagged) == (1, [1])


def test_an_equivalent_task_definition_counts_as_the_release_on_record(update: Update) -> None:
    """`rollback 6` brought it back under a definition that Pulumi does not know."""
    update.history = [replace(RELEASE, number=6, task_definition=f"{FAMILY}:9")]
    update.aws.runs(9)
    assert update.end().number == 6
    assert len(update.history) == 1


@pytest.mark.parametrize(
    ("latest", "versions"),
    [
        (EARLIER, {}),
        # A rotation: the images are equal, and Pulumi has nothing to do in the next update.
        (replace(RELEASE, number=6, task_definition=f"{FAMILY}:7"), ROTATED),
    ],
)
def test_a_release_or_rotation_that_ecs_rolled_back_fails_and_is_not_recorded(
    update: Update, latest: ReleaseRecord, versions: dict[str, str]
) -> None:
    update.history, update.aws.secret_versions = [latest], versions
    update.aws.runs(7)
    with pytest.raises(ReleaseError, match="preqly-test-web:8 does not run, preqly-test-web:7 does"):
        update.end()
    assert update.history == [latest]


def test_what_an_earlier_update_migrated_is_read_from_aws(update: Update, monkeypatch: pytest.MonkeyPatch) -> None:
    state = ReleaseState(unapplied=[], unknown=[], heads={"core": "0002_b"})
    monkeypatch.setattr(release_state, "read", lambda session, task: state)
    monkeypatch.setattr(snapshot, "taken_for", lambda session, database, made_for: f"{database} for {made_for}")
    release = update.end(migration=None)
    assert (release.heads, release.migrated) == ({"core": "0002_b"}, [])
    assert release.snapshot == f"preqly-1a2b for {MIGRATION}"


def test_migrations_of_a_failed_update_are_recorded_with_the_next_release(
    update: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first_since(_session: Any, *which: Any) -> str:
        assert which == ("preqly-1a2b", datetime(2026, 1, 1, tzinfo=UTC))
        return "before-both"

    monkeypatch.setattr(snapshot, "first_since", first_since)
    update.history = [replace(EARLIER, at="2026-01-01T00:00:00+00:00", heads={"core": "0001_a"})]
    release = update.end(MigrationResult(heads={"core": "0002_b"}))
    assert (release.migrated, release.snapshot) == (["core.0002_b"], "before-both")


def test_an_update_without_a_new_migration_task_keeps_the_recorded_heads(update: Update) -> None:
    update.history = [replace(EARLIER, migration_task_definition=MIGRATION, heads={"core": "0001_a"})]
    assert update.end(migration=None).heads == {"core": "0001_a"}


@pytest.mark.parametrize("versions", [{}, ROTATED])
def test_after_a_rotation_and_only_then_the_previous_role_is_retired_before_the_record(
    update: Update, versions: dict[str, str]
) -> None:
    update.aws.secret_versions = versions
    update.end()
    assert len(update.history) == 2
    assert len(update.ran) == bool(versions)
    for task, recorded in update.ran:
        assert recorded == 1
        assert (task.command, task.task_definition) == (RETIRE_COMMAND, MIGRATION)
        assert (task.subnets, task.security_groups) == (["subnet-a"], ["sg-t"])


def test_another_variable_of_the_application_retires_no_role(update: Update) -> None:
    update.aws.environment_versions = {f"{FAMILY}:7": "e-1", f"{FAMILY}:8": "e-2"}
    update.end()
    assert len(update.history) == 2
    assert update.ran == []


def test_a_task_outside_the_service_with_a_previous_secret_is_reported_in_every_update(update: Update) -> None:
    update.aws.secret_versions = {f"{FAMILY}:8": "v-2"}
    update.aws.tasks = [running_task("2", MIGRATION, group="family:preqly-test-migration")]
    update.history = [replace(RELEASE, number=1)]
    update.end()
    assert [line.partition(" (")[0] for line in update.reported] == ["Task 2"]


@pytest.mark.parametrize(
    ("latest", "number"),
    [
        (None, 1),
        (EARLIER, 5),
        (replace(RELEASE, number=6), 6),
        # Other settings.
        (replace(RELEASE, number=6, task_definition=f"{FAMILY}:7"), 7),
    ],
)
def test_a_preview_expects_the_next_number_unless_the_release_is_on_record(
    latest: ReleaseRecord | None, number: int
) -> None:
    assert expected_record(RELEASE, latest) == replace(RELEASE, number=number)


def test_a_release_with_another_process_is_recorded_though_the_web_service_is_the_same(
    update: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pulumi config set processes.worker.cpu` changes a process alone."""
    monkeypatch.setattr(processes, "roll_out", lambda *_: {"worker": "worker:2"})
    release = replace(RELEASE, process_services={"worker": "w"}, process_task_definitions={"worker": "worker:2"})
    update.history = [replace(release, number=1, process_task_definitions={"worker": "worker:1"})]
    recorded = complete(update.aws.session, PARAMETER, release, None, update.reported.append)
    assert (recorded.number, recorded.process_task_definitions) == (2, {"worker": "worker:2"})
    assert complete(update.aws.session, PARAMETER, release, None, update.reported.append).number == 2
