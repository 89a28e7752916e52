"""Secrets on the machine: in memory, for one user, and never in a message."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra.machine.program import secrets
from infra.machine.program.errors import MachineError
from infra.workload import OWNER_KEY
from tests.infra.machine.program.releases import RELEASE

OWNED = {"DATABASE_URL": OWNER_KEY, "APPLICATION_DATABASE_URL": "DATABASE_URL"}


class Session:
    """Secrets Manager with one answer, and another one to whoever names no version."""

    def __init__(self, document: object, current: object = None) -> None:
        self.document, self.current = document, current or document

    def client(self, _: str) -> "Session":
        return self

    def get_secret_value(self, *, SecretId: str, VersionId: str = "") -> dict[str, str]:  # noqa: N803
        assert SecretId == RELEASE.secret_arn
        return {"SecretString": json.dumps(self.document if VersionId else self.current)}


def test_each_container_gets_its_own_variables_and_no_other_can_read_them(tmp_path: Path) -> None:
    release = replace(RELEASE, secrets={"web": {"A": "A"}, "migrate": {"A": "OWNER"}})
    secrets.write(release, {"A": "one", "OWNER": "two"}, tmp_path / "s", owner=None)
    assert (tmp_path / "s/web/A").read_text() == "one"
    assert (tmp_path / "s/migrate/A").read_text() == "two"
    assert (tmp_path / "s/web/A").stat().st_mode & 0o777 == 0o400


def test_a_secret_that_a_release_no_longer_has_is_gone(tmp_path: Path) -> None:
    secrets.write(replace(RELEASE, secrets={"web": {"A": "A"}}), {"A": "1"}, tmp_path / "s", owner=None)
    secrets.write(replace(RELEASE, secrets={"web": {"B": "B"}}), {"B": "1"}, tmp_path / "s", owner=None)
    assert [path.name for path in (tmp_path / "s/web").iterdir()] == ["B"]


def test_only_the_owner_of_the_database_is_read_as_it_is_now() -> None:
    before = {"SECRET_KEY": "one", "DATABASE_URL": "role-1", OWNER_KEY: "before"}
    rotated = {"SECRET_KEY": "two", "DATABASE_URL": "role-2", OWNER_KEY: "now"}
    told = secrets.read(Session(before, rotated), replace(RELEASE, secrets={**RELEASE.secrets, "migrate": OWNED}))
    assert told == {**before, OWNER_KEY: "now"}
    assert secrets.OWNER_KEY == OWNER_KEY


def test_an_owner_that_is_missing_now_is_named_and_no_value_is() -> None:
    release = replace(RELEASE, secrets={"migrate": OWNED})
    with pytest.raises(MachineError, match=r"version AWSCURRENT: it has no key OWNER_DATABASE_URL$"):
        secrets.read(Session(dict.fromkeys(OWNED.values(), "hidden"), {"OTHER": "hidden"}), release)


def test_a_missing_key_is_named_and_no_value_is() -> None:
    with pytest.raises(MachineError) as failure:
        secrets.read(Session({"OTHER": "hidden"}), RELEASE)
    assert "SECRET_KEY" in str(failure.value)
    assert "hidden" not in str(failure.value)
