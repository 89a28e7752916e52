"""A browser for the tests: installed where that needs no question, otherwise done without."""

from pathlib import Path

import pytest

from local.runtime import Ports, Runtime
from local.setup import apt, browser


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> browser.Browser:
    """On a machine with apt, but without a browser."""
    monkeypatch.setattr(browser, "PROGRAMS", ("no-such-browser",))
    monkeypatch.setattr(apt, "usable", lambda: True)
    monkeypatch.setattr(apt, "has", lambda package: package == "chromium")
    runtime = Runtime(cloud="test", folder=tmp_path / "cloud", ports=Ports())
    runtime.prepare()
    return browser.Browser(runtime)


def test_a_browser_is_installed_from_the_distribution(step: browser.Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(apt, "install", lambda packages, _log: asked.append(packages))
    need = step.missing()
    assert need is not None
    assert "chromium" in need.how
    step.make(lambda _: None)
    assert asked == [["chromium"]]


def test_the_browser_that_is_there_will_do(step: browser.Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "PROGRAMS", ("sh",))
    assert step.missing() is None
    assert browser.program() is not None


@pytest.mark.parametrize("lacking", ["usable", "has"])
def test_nothing_is_asked_of_a_machine_that_cannot_have_one(
    step: browser.Browser, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    monkeypatch.setattr(apt, lacking, lambda *_: False)
    assert step.missing() is None
