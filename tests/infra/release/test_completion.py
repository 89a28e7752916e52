from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.release import completion, kept_images, one_off_task, release_state, snapshot, stale
from infra.release.completion import complete, foreseen
from infra.release.errors import ReleaseError
from infra.release.fargate import RETIRE_COMMAND, Fargate
from infra.release.migration import Migrated
from infra.release.one_off_task import OneOffTask
from infra.release.record import Release
from infra.release.release_state import ReleaseState
from tests.infra.release.fake_aws import FAMILY, MIGRATION, SECRET, FakeAws, living

RELEASE = Release(
    kind="release",
    at="",
    tag="aaaa-1",
    revision="0a1b2c3d4e",
    web_image="registry/web@sha256:aa",
    proxy_image="registry/proxy@sha256:bb",
    task_definition=f"{FAMILY}:8",
    migration_task_definition=MIGRATION,
    region="us-east-1",
    cluster="web-cluster",
    service="web-service",
    secret_arn=SECRET,
    log_group="app",
    database="preqly-1a2b",
)
EARLIER = replace(
    RELEASE,
    number=4,
    tag="0000-1",
    web_image="registry/web@sha256:00",
    task_definition=f"{FAMILY}:7",
    migration_task_definition=MIGRATION.replace(":7", ":6"),
)
DONE = Migrated(heads={"core": "0002_b"}, migrated=["core.0002_b"], snapshot="preqly-1a2b-20260101")


class Record:
    """The release record, in memory."""

    def __init__(self, *releases: Release) -> None:
        self.releases = list(releases)

    def latest(self) -> Release | None:
        return self.releases[-1] if self.releases else None

    def history(self) -> list[Release]:
        return self.releases

    def append(self, release: Release) -> Release:
        self.releases.append(replace(release, number=len(self.releases) + 1))
        return self.releases[-1]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    made = FakeAws()
    made.runs(8)
    monkeypatch.setattr(stale, "POLL_SECONDS", 0)
    monkeypatch.setattr(completion, "utc_now", lambda: "2026-01-01T00:00:00+00:00")
    monkeypatch.setattr(kept_images, "keep", lambda session, release: kept.append(release.number))
    monkeypatch.setattr(one_off_task, "run", lambda session, task: ran.append(task))
    kept.clear()
    ran.clear()
    told.clear()
    return made


kept: list[int] = []
ran: list[OneOffTask] = []
told: list[str] = []


def completed(
    aws: FakeAws, record: Record, monkeypatch: pytest.MonkeyPatch, release: Release = RELEASE, done: Any = DONE
) -> Release:
    monkeypatch.setattr(completion, "ReleaseRecord", lambda session, name: record)
    return complete(aws.session, "/preqly/test/releases", release, done, told.append, Fargate())


def test_the_first_release_is_recorded_with_what_was_done_for_it(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record()
    release = completed(aws, record, monkeypatch)
    expected = replace(
        RELEASE,
        number=1,
        at="2026-01-01T00:00:00+00:00",
        heads={"core": "0002_b"},
        migrated=["core.0002_b"],
        snapshot="preqly-1a2b-20260101",
    )
    assert record.releases == [release] == [expected]
    assert kept == [1]
    assert ran == []
    assert told == ["Release 1 is on record"]


def test_a_release_on_record_is_not_recorded_twice_but_its_images_are_looked_after(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record(replace(RELEASE, number=1))
    assert completed(aws, record, monkeypatch).number == 1
    assert len(record.releases) == 1
    assert kept == [1]


def test_a_release_that_does_not_run_is_not_recorded(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record(EARLIER)
    aws.runs(7)
    with pytest.raises(ReleaseError, match="does not run, preqly-test-web:7 does"):
        completed(aws, record, monkeypatch)
    assert record.releases == [EARLIER]


def test_the_same_release_under_another_definition_counts_as_recorded(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rollback 6` brought it back under a definition that Pulumi does not know."""
    record = Record(replace(RELEASE, number=6, task_definition=f"{FAMILY}:9"))
    aws.runs(9)
    assert completed(aws, record, monkeypatch).number == 6
    assert len(record.releases) == 1


def test_a_rotation_that_ecs_took_back_is_no_success_though_the_images_are_those_on_record(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi has nothing to do in the next update, so nothing else asks."""
    record = Record(replace(RELEASE, number=6, task_definition=f"{FAMILY}:7"))
    aws.secret_versions = {f"{FAMILY}:7": "v-1", f"{FAMILY}:8": "v-2"}
    aws.runs(7)
    with pytest.raises(ReleaseError, match="preqly-test-web:8 does not run, preqly-test-web:7 does"):
        completed(aws, record, monkeypatch)
    assert len(record.releases) == 1


def test_what_an_earlier_update_migrated_is_found_out(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    state = ReleaseState(unapplied=[], unknown=[], heads={"core": "0002_b"})
    monkeypatch.setattr(release_state, "ask", lambda session, task: state)
    monkeypatch.setattr(snapshot, "taken_for", lambda session, database, made_for: f"{database} for {made_for}")
    release = completed(aws, Record(EARLIER), monkeypatch, done=None)
    assert (release.heads, release.migrated) == ({"core": "0002_b"}, [])
    assert release.snapshot == f"preqly-1a2b for {MIGRATION}"


def test_what_an_update_migrated_that_did_not_end_well_is_on_the_next_release(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def first_since(_session: Any, *which: Any) -> str:
        asked.append(which)
        return "before-both"

    monkeypatch.setattr(snapshot, "first_since", first_since)
    before = replace(EARLIER, at="2026-01-01T00:00:00+00:00", heads={"core": "0001_a"})
    release = completed(aws, Record(before), monkeypatch, done=Migrated(heads={"core": "0002_b"}))
    assert (release.migrated, release.snapshot) == (["core.0002_b"], "before-both")
    assert asked == [("preqly-1a2b", datetime(2026, 1, 1, tzinfo=UTC))]


def test_a_change_that_is_no_release_keeps_the_heads_without_asking(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = replace(EARLIER, migration_task_definition=MIGRATION, heads={"core": "0001_a"})
    release = completed(aws, Record(before), monkeypatch, done=None)
    assert release.heads == {"core": "0001_a"}
    assert ran == []


def test_after_a_rotation_the_earlier_role_is_retired_before_the_release_is_recorded(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.secret_versions = {f"{FAMILY}:7": "v-1", f"{FAMILY}:8": "v-2"}
    record = Record(EARLIER)

    def retire(session: Any, task: OneOffTask) -> str:
        assert record.releases == [EARLIER]
        ran.append(task)
        return "task"

    monkeypatch.setattr(one_off_task, "run", retire)
    completed(aws, record, monkeypatch)
    (task,) = ran
    assert (task.command, task.task_definition) == (RETIRE_COMMAND, MIGRATION)
    assert (task.subnets, task.security_groups) == (["subnet-a"], ["sg-t"])
    assert len(record.releases) == 2


def test_a_task_beside_the_service_with_an_earlier_secret_is_named_in_every_update(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.secret_versions = {f"{FAMILY}:8": "v-2"}
    aws.tasks = [living("2", MIGRATION, group="family:preqly-test-migration")]
    completed(aws, Record(replace(RELEASE, number=1)), monkeypatch)
    assert [line.partition(" (")[0] for line in told] == ["task 2"]


def test_a_preview_foresees_the_number() -> None:
    assert foreseen(RELEASE, None) == replace(RELEASE, number=1)
    assert foreseen(RELEASE, EARLIER) == replace(RELEASE, number=5)
    on_record = replace(RELEASE, number=6)
    assert foreseen(RELEASE, on_record) == on_record


def test_a_preview_does_not_take_other_settings_for_the_release_on_record() -> None:
    before = replace(RELEASE, number=6, task_definition=f"{FAMILY}:7")
    assert foreseen(RELEASE, before) == replace(RELEASE, number=7)


def test_without_a_rotation_no_role_is_retired(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    completed(aws, Record(EARLIER), monkeypatch)
    assert ran == []
