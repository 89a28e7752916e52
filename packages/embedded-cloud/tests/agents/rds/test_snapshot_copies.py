"""Copies behind DB snapshots, without PostgreSQL: an interruption at any point is repaired."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded_cloud.agents.rds import snapshots
from embedded_cloud.agents.rds.instance import Instance, read_instance
from embedded_cloud.agents.rds.snapshots import Snapshots
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, patched_for_agents
from support.databases import create

CONTAINER: Any = None


class Killed(BaseException):
    """The process is killed."""


class Stage:
    """An available database, and the part of the agent that manages copies."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self.cloud = cloud
        self.rds = client(cloud, "rds")
        self.folder = cloud.config.state_dir / "db-snapshots"
        self.saved: list[Path] = []

    def save(self, _container: Any, _port: int, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"data")
        self.saved.append(path)

    def instance(self) -> Instance:
        return read_instance(self.cloud.context.backend("rds").databases["site"])

    def snapshot(self, name: str) -> None:
        self.cloud.context.backend("rds").databases["site"].status = "available"
        self.rds.create_db_snapshot(DBInstanceIdentifier="site", DBSnapshotIdentifier=name)

    def run_pass(self) -> None:
        """Run a pass of a new process."""
        snapshots = Snapshots(self.cloud.context)
        snapshots.reconcile()
        snapshots.take(self.instance(), CONTAINER)

    def status(self, name: str) -> str:
        return str(self.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]["Status"])

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*"))


@pytest.fixture
def stage(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    create(cloud)
    made = Stage(cloud)
    monkeypatch.setattr(snapshots, "save_backup", made.save)
    with patched_for_agents():
        yield made


def test_an_interrupted_copy_is_made_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(_container: Any, _port: int, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".partial").write_bytes(b"da")
        raise Killed

    stage.snapshot("one")
    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "save_backup", cut_off)
        with pytest.raises(Killed):
            stage.run_pass()
    assert stage.status("one") == "creating"
    stage.run_pass()
    assert (stage.status("one"), len(stage.files())) == ("available", 1)


def test_a_copy_completed_just_before_a_kill_is_used(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_self: Snapshots, _snapshot: Any) -> None:
        raise Killed

    stage.snapshot("one")
    with monkeypatch.context() as patch:
        patch.setattr(Snapshots, "_set_available", killed)
        with pytest.raises(Killed):
            stage.run_pass()
    stage.run_pass()
    assert (stage.status("one"), len(stage.saved)) == ("available", 1)


def test_a_reused_name_is_another_copy(stage: Stage) -> None:
    stage.snapshot("one")
    stage.run_pass()
    stage.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    stage.snapshot("one")
    stage.run_pass()
    assert len(set(stage.saved)) == 2
    stage.run_pass()
    assert stage.files() == [stage.saved[1].name]


def test_a_restore_keeps_its_copy_when_the_snapshot_is_deleted(stage: Stage) -> None:
    stage.snapshot("one")
    stage.run_pass()
    stage.rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="copy", DBSnapshotIdentifier="one", DBSubnetGroupName="private"
    )
    stage.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    stage.run_pass()
    assert stage.files() == [stage.saved[0].name]
    stage.cloud.context.backend("rds").databases["copy"].status = "available"
    stage.run_pass()
    assert stage.files() == []


def test_a_copy_of_a_snapshot_needs_no_database(stage: Stage) -> None:
    stage.snapshot("one")
    stage.run_pass()
    stage.rds.copy_db_snapshot(SourceDBSnapshotIdentifier="one", TargetDBSnapshotIdentifier="two")
    assert stage.status("two") == "creating"
    stage.run_pass()
    assert (stage.status("two"), len(stage.saved), len(stage.files())) == ("available", 1, 2)
