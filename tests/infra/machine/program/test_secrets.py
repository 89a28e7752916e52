"""Secrets on the machine: in memory, for one user, and never in a message."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import secrets
from infra.machine.program.errors import MachineError
from tests.infra.machine.program.releases import RELEASE


class Session:
    """Secrets Manager with one answer."""

    def __init__(self, document: object) -> None:
        self.document = document

    def client(self, _: str) -> "Session":
        return self

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": json.dumps(self.document)}


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


def test_a_missing_key_is_named_and_no_value_is() -> None:
    with pytest.raises(MachineError) as failure:
        secrets.read(Session({"OTHER": "hidden"}), RELEASE)
    assert "SECRET_KEY" in str(failure.value)
    assert "hidden" not in str(failure.value)
