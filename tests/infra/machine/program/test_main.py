"""The program's commands: what they print, how they end, and a boot that is tried again."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import __main__ as program
from infra.machine.program import boot_trouble, made_for
from infra.machine.program.errors import MachineError
from infra.machine.program.lock import at_work
from infra.machine.program.machine import Machine
from tests.infra.machine.program.releases import KEY, NEXT


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    here = Machine(
        region="us-east-1", bucket="b", parameter="/p", log_group="app", memory=tmp_path, disk=tmp_path / "lib"
    )
    monkeypatch.setattr(Machine, "load", lambda: here)
    monkeypatch.setattr(made_for, "refuse_other_machine", lambda *_: None)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    level = program.log.level
    yield here
    program.log.setLevel(level)


def test_a_deploy_is_alone_on_the_machine_and_prints_its_slot(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def deploy(_session: Any, _machine: Any, *keys: str) -> str:
        assert at_work(machine).startswith(f"deploy {KEY}, since ")
        assert keys == (KEY, NEXT)
        return "green"

    monkeypatch.setitem(program.WORK, "deploy", deploy)
    assert program.main(["deploy", KEY, NEXT]) == 0
    assert capsys.readouterr().out == "green\n"


def test_what_fails_says_why_and_has_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> str:
        raise MachineError("CannotPullContainerError: r/web")

    monkeypatch.setitem(program.WORK, "prepare", fail)
    assert program.main(["prepare", KEY]) == 1
    assert capsys.readouterr().err == "CannotPullContainerError: r/web\n"


@pytest.mark.parametrize("words", [["deploy"], ["retire"], ["state", KEY, NEXT], ["reboot"]])
def test_wrong_words_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(words)


def test_a_boot_that_fails_is_tried_again_and_whoever_asks_is_told_why(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    asked: list[int] = []

    class Keeper:
        """Comes up at the third try."""

        def boot(self) -> None:
            seen.append(boot_trouble.read(machine))
            if len(seen) == 1:
                raise MachineError("no image")
            if len(seen) == 2:
                raise OSError("no network")

        def give_up_if_hopeless(self) -> None:
            asked.append(boot_trouble.read(machine)["tries"])  # type: ignore[index]
            raise OSError("the metadata service does not answer")

        def watch(self) -> None:
            seen.append(boot_trouble.read(machine))

    monkeypatch.setattr(time, "sleep", lambda _: None)
    program._keep(Keeper(), machine)  # type: ignore[arg-type]
    first, second, third, watching = seen
    assert (first, watching) == (None, None)
    assert asked == [1, 2], "after each failure, whatever comes of it"
    assert (second["tries"], second["why"]) == (1, "no image")
    assert (third["tries"], third["why"], third["since"]) == (2, "OSError: no network", second["since"])
