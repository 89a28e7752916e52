"""The image of EC2 instances: built only where one is to run, from whichever Debian is here."""

from pathlib import Path

import pytest

from local.images import images
from local.runtime import Ports, Runtime
from local.setup import debian, shell
from local.setup.machine_image import MachineImage
from local.setup.prepare import needs
from local.setup.step import SetupError


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MachineImage:
    monkeypatch.setattr("local.setup.docker_engine.answers", lambda: True)
    return MachineImage(Runtime(cloud="test", folder=tmp_path, ports=Ports()))


@pytest.mark.parametrize(
    ("command", "hosting", "wanted"),
    [("up", "vm", True), ("up", "fargate", False), ("preview", "vm", False), ("down", None, False)],
)
def test_only_an_up_on_a_machine_needs_it(command: str, hosting: str | None, wanted: bool) -> None:
    assert (MachineImage in needs(command, hosting)) == wanted


@pytest.mark.parametrize("current", [True, False])
def test_it_is_missing_until_the_present_recipe_made_it(
    step: MachineImage, monkeypatch: pytest.MonkeyPatch, current: bool
) -> None:
    monkeypatch.setattr(images, "machine_is_current", lambda: current)
    assert (step.missing() is None) == current


@pytest.mark.parametrize("standin", [True, False])
def test_debians_own_image_is_its_base_where_no_stand_in_is(
    step: MachineImage, monkeypatch: pytest.MonkeyPatch, standin: bool
) -> None:
    run: list[str] = []
    monkeypatch.setattr(debian, "has_image", lambda reference: standin)
    monkeypatch.setattr(shell, "run", lambda command, log: run.append(command[1]))
    monkeypatch.setattr(images, "ensure_machine", lambda say: run.append("build"))
    step.make(lambda _: None)
    assert run == (["build"] if standin else ["pull", "tag", "build"])


def test_a_build_that_fails_is_the_operators_to_know(step: MachineImage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> str:
        raise images.ImageError("preqly-standin/machine: building it failed")

    monkeypatch.setattr(debian, "has_image", lambda reference: True)
    monkeypatch.setattr(images, "ensure_machine", fail)
    with pytest.raises(SetupError, match="building it failed"):
        step.make(lambda _: None)
