"""Programs from the distribution's packages: installed without a question, or the tests that need them are skipped."""

from pathlib import Path

import pytest

from local.runtime import Ports, Runtime
from local.setup import apt
from local.setup.packages import Browser, Package, Wrk


@pytest.fixture(params=[Browser, Wrk])
def step(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """On a machine with apt, but without the program."""
    kind: type[Package] = request.param
    monkeypatch.setattr(kind, "programs", ("no-such-program",))
    monkeypatch.setattr(apt, "usable", lambda: True)
    monkeypatch.setattr(apt, "has", lambda package: package == kind.package)
    runtime = Runtime(cloud="test", folder=tmp_path / "cloud", ports=Ports())
    runtime.prepare()
    return kind(runtime)


def test_the_package_is_installed_from_the_distribution(step: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[list[str]] = []
    monkeypatch.setattr(apt, "install", lambda packages, _log: installed.append(packages))
    need = step.missing()
    assert need is not None
    assert step.package in need.how
    step.make(lambda _: None)
    assert installed == [[step.package]]


def test_a_program_on_path_is_used(step: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(step), "programs", ("no-such-program", "sh"))
    assert step.missing() is None
    assert step.program() is not None


@pytest.mark.parametrize("lacking", ["usable", "has"])
def test_nothing_is_missing_where_it_cannot_be_installed(
    step: Package, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    monkeypatch.setattr(apt, lacking, lambda *_: False)
    assert step.missing() is None
