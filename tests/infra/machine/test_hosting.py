"""A release on the machine: on record, retired roles, what an earlier update did."""

import json
from dataclasses import replace

import pytest

from infra.machine.hosting import OneMachine
from infra.release import completion, kept_images, snapshot
from infra.release.completion import complete, foreseen
from infra.release.migration import Migrated
from infra.release.record import Release
from tests.infra.machine.fake_machine import EARLIER_KEY, KEY, MACHINE_FIELDS, ON_FARGATE, STATE, TO, FakeMachine
from tests.infra.release.test_completion import Record

RELEASE = replace(ON_FARGATE, **MACHINE_FIELDS)
EARLIER = replace(RELEASE, number=4, tag="0000-1", task_definition=EARLIER_KEY, migration_task_definition=EARLIER_KEY)
ON = OneMachine(to=TO)
DONE = Migrated(heads={"core": "0002_b"}, migrated=["core.0002_b"], snapshot="site-1")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    monkeypatch.setattr(kept_images, "keep", lambda *_: None)
    monkeypatch.setattr(completion, "utc_now", lambda: "2026-01-01T00:00:00+00:00")
    return FakeMachine(monkeypatch)


def completed(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, *before: Release, done: Migrated | None = DONE
) -> Release:
    record = Record(*before)
    monkeypatch.setattr(completion, "ReleaseRecord", lambda session, name: record)
    return complete(machine.session, "/preqly/test/releases", RELEASE, done, machine.told.append, ON)


def test_a_release_that_serves_is_on_record_with_what_was_done_for_it(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = completed(machine, monkeypatch, EARLIER)
    assert (release.number, release.hosting, release.task_definition) == (2, "vm", KEY)
    assert (release.migrated, release.snapshot) == (["core.0002_b"], "site-1")
    assert Release.from_json(release.to_json()) == release


def test_one_that_is_on_record_is_not_recorded_twice(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(machine, monkeypatch, replace(RELEASE, number=7)).number == 7


def test_after_a_rotation_the_machine_retires_the_earlier_role(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed(machine, monkeypatch, replace(EARLIER, secret_version="v1"))
    assert machine.order == [f"retire {KEY}"]


def test_without_a_rotation_no_role_is_retired(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    completed(machine, monkeypatch, EARLIER)
    assert machine.order == []


def test_what_the_machine_did_at_its_boot_is_found_out(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.answers["state"] = json.dumps(STATE)
    machine.status["migrated"] = ["core.0001_a", "core.0002_b"]
    monkeypatch.setattr(snapshot, "taken_for", lambda session, database, made_for: f"{database} for {made_for}")
    release = completed(machine, monkeypatch, done=None)
    assert (release.heads, release.migrated) == ({"core": "0002_b"}, ["core.0001_a", "core.0002_b"])
    assert release.snapshot == f"preqly-1a2b for {KEY}"


def test_a_move_between_the_kinds_of_hosting_is_an_entry_of_its_own_and_retires_nothing(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = completed(machine, monkeypatch, replace(ON_FARGATE, number=1, secret_version="v1"))
    assert (release.number, release.hosting) == (2, "vm")
    assert machine.order == []
    assert "keeps its login until the next rotation" in machine.told[0]


def test_a_preview_foresees_the_number() -> None:
    assert foreseen(RELEASE, EARLIER).number == 5
    assert foreseen(RELEASE, replace(RELEASE, number=9)).number == 9
    assert foreseen(RELEASE, replace(ON_FARGATE, number=9)).number == 10


def test_entries_of_before_there_were_two_kinds_are_of_fargate() -> None:
    written = json.loads(ON_FARGATE.to_json())
    for name in ("hosting", "secret_version", "bucket", "parameter"):
        del written[name]
    assert Release.from_json(json.dumps(written)).hosting == "fargate"
