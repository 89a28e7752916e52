"""Which releases a machine refuses because another one has to start with them."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from infra.machine.command_document import OTHER_MACHINE
from infra.machine.program import __main__ as program
from infra.machine.program import made_for
from infra.machine.program.errors import OtherMachineError
from infra.machine.program.machine import Machine
from infra.machine.program.release import Release
from tests.infra.machine.program.releases import KEY, RELEASE

OURS = replace(RELEASE, program=f"programs/{hashlib.sha256(b'program').hexdigest()}.zip", architecture="arm64")


def refuse(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "program.zip"
    archive.write_bytes(b"program")
    monkeypatch.setattr(made_for, "ARCHIVE", archive)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr(made_for, "fetch", lambda *_: release)
    machine = Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path)
    made_for.refuse_other_machine(None, machine, KEY)


def test_one_that_is_made_for_it_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(OURS, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"architecture": "x86_64"}, "built for x86_64, and this machine is arm64"),
        ({"program": "programs/0.zip"}, "other"),
    ],
)
def test_one_of_another_processor_or_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], why: str
) -> None:
    with pytest.raises(OtherMachineError, match=why):
        refuse(replace(OURS, **changed), tmp_path, monkeypatch)  # type: ignore[arg-type]


def test_both_sides_mean_the_same_exit_code() -> None:
    assert program.OTHER_MACHINE == OTHER_MACHINE
