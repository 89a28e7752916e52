"""A release's way to the machine: prepare, save, deploy; the machine's answers are dictated."""

import json
from typing import Any, cast

import boto3
import pytest

from infra.machine import remote, rollout
from infra.machine.remote import Remote
from infra.release import snapshot
from infra.release.errors import ReleaseError
from infra.release.snapshot import SnapshotPolicy

NEW = {"event": "release_state", "unapplied": ["core.0002_b"], "unknown": [], "heads": {"core": "0002_b"}}
DONE = {**NEW, "unapplied": []}


class Machine:
    """Answers by command; keeps the order of what happened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, state: dict[str, Any]) -> None:
        self.answers = {"prepare": f"some line\n{json.dumps(state)}", "deploy": "green"}
        self.order: list[str] = []
        monkeypatch.setattr(remote, "run", self.run)
        monkeypatch.setattr(snapshot, "take", self.take)

    def run(self, _session: Any, _to: Remote, command: str, *_: Any) -> str:
        self.order.append(command)
        answer = self.answers[command]
        if answer.startswith("!"):
            raise ReleaseError(answer)
        return answer

    def take(self, *_: Any) -> str:
        self.order.append("snapshot")
        return "site-1"


def release(told: list[str], kept: int = 3) -> Any:
    policy = SnapshotPolicy(database="site", kept=kept)
    to = Remote(group="machine", document="deploy")
    return rollout.release(cast(boto3.Session, None), to, "releases/1.json", policy, told.append)


def test_the_database_is_saved_before_it_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, told = Machine(monkeypatch, NEW), []  # type: ignore[var-annotated]
    migrated = release(told)
    assert machine.order == ["prepare", "snapshot", "deploy"]
    assert (migrated.migrated, migrated.snapshot) == (["core.0002_b"], "site-1")
    assert told == ["Migrating: core.0002_b", "The release serves in slot green"]


@pytest.mark.parametrize(("state", "kept"), [(DONE, 3), (NEW, 0)])
def test_no_snapshot_without_a_migration_or_when_none_is_kept(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], kept: int
) -> None:
    machine = Machine(monkeypatch, state)
    assert release([], kept).snapshot is None
    assert machine.order == ["prepare", "deploy"]


def test_a_failure_says_that_the_release_before_serves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, DONE)
    machine.answers["deploy"] = "!it answers 500"
    with pytest.raises(ReleaseError, match=r"the one before it serves on: !it answers 500\nRemove the cause"):
        release([])


def test_a_preparation_that_does_not_say_what_there_is_to_migrate_is_no_preparation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine(monkeypatch, DONE)
    machine.answers["prepare"] = "nothing of use"
    with pytest.raises(ReleaseError, match="did not print what there is to migrate"):
        release([])
    assert machine.order == ["prepare"]
