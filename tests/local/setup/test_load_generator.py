"""wrk for the bench: installed where that needs no question, otherwise done without."""

import shutil
from pathlib import Path

import pytest

from local.runtime import Ports, Runtime
from local.setup import apt
from local.setup.load_generator import LoadGenerator


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadGenerator:
    """On a machine with apt, but without wrk."""
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    monkeypatch.setattr(apt, "usable", lambda: True)
    monkeypatch.setattr(apt, "has", lambda package: package == "wrk")
    runtime = Runtime(cloud="test", folder=tmp_path / "cloud", ports=Ports())
    runtime.prepare()
    return LoadGenerator(runtime)


def test_wrk_is_installed_from_the_distribution(step: LoadGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(apt, "install", lambda packages, _log: asked.append(packages))
    need = step.missing()
    assert need is not None
    step.make(lambda _: None)
    assert asked == [["wrk"]]


def test_the_wrk_that_is_there_will_do(step: LoadGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    assert step.missing() is None


@pytest.mark.parametrize("lacking", ["usable", "has"])
def test_nothing_is_asked_of_a_machine_that_cannot_have_it(
    step: LoadGenerator, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    monkeypatch.setattr(apt, lacking, lambda *_: False)
    assert step.missing() is None
