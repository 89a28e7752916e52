"""A release's way to the machine: prepare, save, deploy; the machine's answers are dictated."""

import json
from typing import Any

import pytest

from infra.machine import remote, rollout
from infra.machine.remote import NotReadyError, OtherMachineError
from infra.release import snapshot
from infra.release.errors import ReleaseError
from infra.release.migration import Migrated
from infra.release.snapshot import SnapshotPolicy
from tests.infra.machine.fake_machine import EARLIER_KEY, KEY, STATE, TO, FakeMachine

TO_MIGRATE = json.dumps({**STATE, "unapplied": ["core.0002_b"]})


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    made = FakeMachine(monkeypatch)
    made.status["release"] = EARLIER_KEY

    def take(*_: Any) -> str:
        made.order.append("snapshot")
        return "site-1"

    monkeypatch.setattr(snapshot, "take", take)
    return made


def release(machine: FakeMachine, kept: int = 3) -> Migrated | None:
    policy = SnapshotPolicy(database="site", kept=kept)
    return rollout.release(machine.session, TO, KEY, policy, machine.told.append)


def test_the_database_is_saved_before_it_is_migrated(machine: FakeMachine) -> None:
    machine.answers["prepare"] = f"some line\n{TO_MIGRATE}"
    migrated = release(machine)
    assert machine.order == [f"prepare {KEY}", "snapshot", f"deploy {KEY} {EARLIER_KEY}"]
    assert migrated
    assert (migrated.migrated, migrated.snapshot) == (["core.0002_b"], "site-1")
    assert machine.told == ["Migrating: core.0002_b", "The release serves in slot green"]


@pytest.mark.parametrize(("state", "kept"), [(json.dumps(STATE), 3), (TO_MIGRATE, 0)])
def test_no_snapshot_without_a_migration_or_when_none_is_kept(machine: FakeMachine, state: str, kept: int) -> None:
    machine.answers["prepare"] = state
    migrated = release(machine, kept)
    assert migrated
    assert migrated.snapshot is None
    assert "snapshot" not in machine.order


def test_a_release_that_serves_already_is_not_deployed_again(machine: FakeMachine) -> None:
    machine.status["release"] = KEY
    assert release(machine) is None
    assert machine.order == []


def test_one_that_is_there_but_does_not_answer_is(machine: FakeMachine) -> None:
    machine.status |= {"release": KEY, "problem": "it answers 502"}
    assert release(machine)
    assert machine.order[-1] == f"deploy {KEY} {KEY}"


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("CannotPullContainerError: r/web@sha256:1: exit code 1", "the image cannot be pulled"),
        ("ResourceInitializationError: secret s: it has no key A", "a secret, log group or permission is out of reach"),
        ("Essential container in task exited: container web ended with exit code 3", "it crashes"),
        ("Task failed container health checks: container web", "it starts, but never gets healthy"),
        ("OutOfMemoryError: container web was killed", "the container ran out of memory"),
    ],
)
def test_a_failure_has_its_cause_and_says_that_the_release_before_serves_on(
    machine: FakeMachine, said: str, cause: str
) -> None:
    machine.answers["deploy"] = f"!deploy on instance i-1 failed:\n{said}\nlast lines:\n  OutOfMemory AccessDenied"
    with pytest.raises(ReleaseError) as failed:
        release(machine)
    words = str(failed.value)
    assert "the one before it serves on: deploy on instance i-1 failed" in words
    assert f"\ncause: {cause}\nfix: " in words
    assert words.endswith("Remove the cause and run `pulumi up` again; nothing else is needed.")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"release": None, "problem": "nothing serves"}, "and no other one serves: "),
        ({"problem": "it answers 502"}, "and the one before it did not answer either: "),
    ],
)
def test_a_failure_promises_no_site_that_was_not_there(machine: FakeMachine, known: dict[str, Any], words: str) -> None:
    machine.status |= known
    machine.answers["prepare"] = "!prepare on instance i-1 failed"
    with pytest.raises(ReleaseError) as failed:
        release(machine)
    assert words in str(failed.value)
    assert "serves on" not in str(failed.value)


def test_of_a_machine_that_cannot_be_asked_nobody_says_that_it_serves(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> str:
        raise NotReadyError("the agent of Systems Manager on instance i-1 has not reported yet")

    monkeypatch.setattr(remote, "run", silent)
    with pytest.raises(ReleaseError, match="the machine did not say whether one before it serves: the agent"):
        release(machine)


def test_a_migration_that_fails_is_its_own_cause(machine: FakeMachine) -> None:
    machine.answers["deploy"] = "!the migration failed, so the release was not rolled out: exit code 1"
    with pytest.raises(ReleaseError) as failed:
        release(machine)
    assert "cause:" not in str(failed.value)


def test_a_preparation_that_does_not_say_what_there_is_to_migrate_is_no_preparation(machine: FakeMachine) -> None:
    machine.answers["prepare"] = "nothing of use"
    with pytest.raises(ReleaseError, match="did not print what there is to migrate"):
        release(machine)
    assert machine.order == [f"prepare {KEY}"]


def test_whoever_waits_for_the_machine_is_told_what_it_does(machine: FakeMachine) -> None:
    machine.status["at_work"] = "the keeper's repair, since 12:00"
    release(machine)
    assert machine.told[0] == "The machine is at work and is waited for: the keeper's repair, since 12:00"


@pytest.mark.parametrize(("kept", "order"), [(3, ["snapshot"]), (0, [])])
def test_a_release_for_another_machine_is_left_to_the_new_one_and_the_database_is_saved_before(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, kept: int, order: list[str]
) -> None:
    def run(_session: Any, _to: Any, command: str, *_: str) -> str:
        if command == "status":
            return json.dumps(machine.status)
        raise OtherMachineError("the release is built for arm64, and this machine is x86_64")

    monkeypatch.setattr(remote, "run", run)
    assert release(machine, kept) is None
    assert machine.order == order
    assert machine.told == [
        "A new machine starts with this release: the release is built for arm64, and this machine is x86_64"
    ]
