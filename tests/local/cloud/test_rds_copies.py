"""The copies behind DB snapshots, with the test in the place of PostgreSQL: cut off anywhere, they come right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloud import moto_patches
from local.cloud.config import CloudConfig
from local.cloud.postgres import base_backup
from local.cloud.rds_instance import Instance, copy_of
from local.cloud.rds_snapshots import Snapshots
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client
from tests.local.cloud.databases import create

CONTAINER: Any = None


class Killed(BaseException):
    """The end of the process, in the middle of its work."""


class Stage:
    """An available database, and the part of the agent that keeps copies."""

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
        return copy_of(self.cloud.context.backend("rds").databases["site"])

    def snapshot(self, name: str) -> None:
        self.cloud.context.backend("rds").databases["site"].status = "available"
        self.rds.create_db_snapshot(DBInstanceIdentifier="site", DBSnapshotIdentifier=name)

    def pass_(self) -> None:
        """As after a restart: nothing is remembered."""
        snapshots = Snapshots(self.cloud.context)
        snapshots.follow()
        snapshots.take(self.instance(), CONTAINER)

    def status(self, name: str) -> str:
        return str(self.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]["Status"])

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*"))


@pytest.fixture
def stage(cloud: EmbeddedCloud, config: CloudConfig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    create(cloud)
    moto_patches.apply(agents=True, registry=f"localhost:{config.registry_port}")
    made = Stage(cloud)
    monkeypatch.setattr(base_backup, "save", made.save)
    yield made
    moto_patches.apply(agents=False, registry=f"localhost:{config.registry_port}")


def test_a_copy_that_was_cut_off_is_made_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(_container: Any, _port: int, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".partial").write_bytes(b"da")
        raise Killed

    stage.snapshot("one")
    with monkeypatch.context() as patch:
        patch.setattr(base_backup, "save", cut_off)
        with pytest.raises(Killed):
            stage.pass_()
    assert stage.status("one") == "creating"
    stage.pass_()
    assert (stage.status("one"), len(stage.files())) == ("available", 1)


def test_a_copy_that_was_made_just_before_the_end_counts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_self: Snapshots, _snapshot: Any) -> None:
        raise Killed

    stage.snapshot("one")
    with monkeypatch.context() as patch:
        patch.setattr(Snapshots, "_set_available", killed)
        with pytest.raises(Killed):
            stage.pass_()
    stage.pass_()
    assert (stage.status("one"), len(stage.saved)) == ("available", 1)


def test_a_name_that_is_used_again_is_another_copy(stage: Stage) -> None:
    stage.snapshot("one")
    stage.pass_()
    stage.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    stage.snapshot("one")
    stage.pass_()
    assert len(set(stage.saved)) == 2
    stage.pass_()
    assert stage.files() == [stage.saved[1].name]


def test_a_restoration_keeps_its_copy_though_the_snapshot_is_deleted(stage: Stage) -> None:
    stage.snapshot("one")
    stage.pass_()
    stage.rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="copy", DBSnapshotIdentifier="one", DBSubnetGroupName="private"
    )
    stage.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    stage.pass_()
    assert stage.files() == [stage.saved[0].name]
    stage.cloud.context.backend("rds").databases["copy"].status = "available"
    stage.pass_()
    assert stage.files() == []


def test_a_copy_of_a_snapshot_needs_no_database(stage: Stage) -> None:
    stage.snapshot("one")
    stage.pass_()
    stage.rds.copy_db_snapshot(SourceDBSnapshotIdentifier="one", TargetDBSnapshotIdentifier="two")
    assert stage.status("two") == "creating"
    stage.pass_()
    assert (stage.status("two"), len(stage.saved), len(stage.files())) == ("available", 1, 2)
