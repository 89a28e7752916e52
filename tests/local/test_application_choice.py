"""Settings of the local stack that follow from the application."""

import json
from pathlib import Path

import pytest

from infra.application.discovery import find_application
from local import application_choice
from local.project import LOCAL_STACK
from local.runtime import ROOT, Ports, Runtime, UsageError
from local.setup import debian
from local.state import DATABASE, state_file
from tests.infra.application.projects import startproject, write

STANDIN = {"python": "embedded-cloud/python:trixie"}
OFFICIAL = {"python": "python:3.13-slim-trixie"}


def settings(folder: Path, images: dict[str, str]) -> dict[str, str]:
    found = application_choice.settings(find_application(folder), images)
    return {key.removeprefix("preqly:"): value for key, value in found.items()}


def test_an_application_inside_of_this_checkout_has_the_same_setting_on_every_machine() -> None:
    assert settings(ROOT / "app", OFFICIAL) == {"application": "app", "pythonImage": OFFICIAL["python"]}


def test_an_application_elsewhere_has_its_whole_path(tmp_path: Path) -> None:
    assert settings(startproject(tmp_path), STANDIN) == {"application": str(tmp_path), "pythonImage": STANDIN["python"]}


def test_another_python_version_is_left_to_the_program(tmp_path: Path) -> None:
    write(startproject(tmp_path), {".python-version": "3.12"})
    assert settings(tmp_path, OFFICIAL)["pythonImage"] == ""


def test_the_python_of_an_older_debian_has_a_stand_in_of_its_own(tmp_path: Path) -> None:
    write(startproject(tmp_path), {".python-version": "3.11", "requirements.txt": "Django==5.2.1\n"})
    application = find_application(tmp_path)
    assert application_choice.roles(application) == ["python3.11"]
    assert settings(tmp_path, {**STANDIN, "python3.11": "embedded-cloud/python:bookworm"})["pythonImage"] == (
        "embedded-cloud/python:bookworm"
    )


@pytest.mark.parametrize("loaded", [True, False])
def test_another_python_version_needs_its_image_where_no_registry_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: bool
) -> None:
    monkeypatch.setattr(debian, "has_image", lambda image: loaded and image == "python:3.12-slim-trixie")
    write(startproject(tmp_path), {".python-version": "3.12"})
    if loaded:
        assert settings(tmp_path, STANDIN)["pythonImage"] == ""
        return
    with pytest.raises(UsageError, match=r"runs on python:3\.12-slim-trixie\. No image registry answers"):
        settings(tmp_path, STANDIN)


def test_the_image_of_a_node_build_is_the_one_that_docker_has(tmp_path: Path) -> None:
    assert settings(startproject(tmp_path), {**OFFICIAL, "node": "node:x"})["nodeImage"] == "node:x"


def test_a_stack_keeps_the_project_that_its_database_belongs_to(tmp_path: Path) -> None:
    first, second = (startproject(tmp_path / name) for name in ("first", "second"))
    runtime = Runtime(cloud="test", folder=tmp_path / "cloud", ports=Ports())
    write(runtime.folder, {f"program/Pulumi.{LOCAL_STACK}.yaml": f"config:\n  preqly:application: {first}\n"})

    def deploy(*types: str) -> None:
        resources = [{"type": one} for one in types]
        state = state_file(runtime.folder, LOCAL_STACK).relative_to(runtime.folder)
        write(runtime.folder, {str(state): json.dumps({"checkpoint": {"latest": {"resources": resources}}})})
        application_choice.refuse_another(find_application(second), runtime)

    deploy("aws:ecr/repository:Repository")
    with pytest.raises(UsageError, match=rf"serves {first}, .* `make down`, then deploy {second}"):
        deploy(DATABASE)
    application_choice.refuse_another(find_application(first), runtime)
    first.rename(tmp_path / "moved")
    deploy(DATABASE)
