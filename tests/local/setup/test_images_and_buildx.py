"""Base images and BuildKit's client: when they are missing, and the order of their sources."""

import json
from pathlib import Path

import pytest

from embedded_cloud.images import images
from local.runtime import Ports, Runtime
from local.setup import base_images, buildx, debian
from local.setup.steps import SetupError


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    runtime = Runtime(cloud="test", folder=tmp_path / "cloud", ports=Ports())
    runtime.prepare()
    return runtime


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.setup.docker_engine.is_running", lambda: True)


@pytest.mark.usefixtures("engine")
def test_an_official_image_or_a_stand_in_is_enough(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {image.official for image in images.BASE_IMAGES.values()}
    monkeypatch.setattr(debian, "has_image", there.__contains__)
    assert base_images.BaseImages(runtime).missing() is None
    there.remove(images.BASE_IMAGES["postgres"].official)
    assert base_images.BaseImages(runtime).missing() is not None
    there.add(images.BASE_IMAGES["postgres"].standin)
    assert base_images.BaseImages(runtime).missing() is None


def test_the_chosen_images_are_saved_for_the_clouds_process(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "ensure", lambda roles, say, base: {role: f"{role}:chosen" for role in roles})
    chosen = base_images.choose(runtime, lambda _: None)
    assert json.loads((runtime.folder / "images.json").read_text()) == chosen


def test_an_image_that_can_be_neither_pulled_nor_built_is_reported(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> dict[str, str]:
        raise images.ImageError("embedded-cloud/nginx: building it failed")

    monkeypatch.setattr(images, "ensure", fail)
    with pytest.raises(SetupError, match="building it failed"):
        base_images.choose(runtime, lambda _: None)


@pytest.mark.usefixtures("engine")
def test_no_base_image_is_built_where_official_images_can_be_pulled(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "has_image", lambda reference: False)
    monkeypatch.setattr(debian, "registry_answers", lambda: True)
    assert debian.DebianBase(runtime).missing() is None


@pytest.mark.usefixtures("engine")
def test_without_registry_and_debootstrap_the_error_names_both_fixes(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "has_image", lambda reference: False)
    monkeypatch.setattr(debian, "registry_answers", lambda: False)
    monkeypatch.setattr("local.setup.apt.usable", lambda: False)
    monkeypatch.setattr("local.setup.debian.shutil.which", lambda name: None)
    with pytest.raises(SetupError, match=r"No image registry answers.*docker save, docker load"):
        debian.DebianBase(runtime).missing()


@pytest.mark.parametrize("working", [1, 2, 3])
def test_cheaper_sources_of_buildx_are_tried_first(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, working: int
) -> None:
    tried: list[int] = []

    def way(number: int) -> None:
        tried.append(number)
        if number != working:
            raise SetupError(f"way {number} is closed")

    step = buildx.Buildx(runtime)
    for number, name in enumerate(("_from_distribution", "_from_trixie", "_from_module"), start=1):
        monkeypatch.setattr(step, name, lambda number=number: way(number))
    monkeypatch.setattr(buildx, "works", lambda: working in tried)
    step.make(lambda _: None)
    assert tried == list(range(1, working + 1))


def test_the_operators_own_plugin_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    own = tmp_path / "cli-plugins" / "docker-compose"
    own.parent.mkdir()
    own.write_text("own")
    fresh = tmp_path / "docker-compose"
    fresh.write_text("fresh")
    buildx._place(fresh)
    assert own.read_text() == "own"
