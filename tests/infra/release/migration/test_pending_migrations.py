from pathlib import Path

import pytest

from infra.release.migration.pending_migrations import pending_migrations
from local.runtime import ROOT


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name in ("account/migrations/0001_initial.py", "core/migrations/0001_initial.py", "core/migrations/0002_b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "core" / "migrations" / "__init__.py").touch()
    return tmp_path


def test_migrations_newer_than_the_record_are_pending(sources: Path) -> None:
    heads = {"core": "0001_initial", "account": "0001_initial", "auth": "0012_alter"}
    assert pending_migrations(sources, heads) == ["core.0002_b"]


def test_every_migration_of_an_app_that_is_not_on_record_is_pending(sources: Path) -> None:
    assert pending_migrations(sources, {"core": "0002_b"}) == ["account.0001_initial"]


def test_an_app_without_its_recorded_migration_is_left_out(sources: Path) -> None:
    assert pending_migrations(sources, {"core": "0009_later", "account": "0001_initial"}) == []


def test_the_projects_own_migrations_are_found() -> None:
    assert "core.0001_initial" in pending_migrations(ROOT / "app", {})
