"""The copy of the project's files that the engine works on."""

from pathlib import Path

import pytest
import yaml

from infra.machine import sizes
from local import project
from local.runtime import ROOT, OperatorError


def test_the_engine_gets_the_projects_settings_and_its_folder(tmp_path: Path) -> None:
    project.write_work_dir(tmp_path, "local", {"preqly:protect": False})
    written = yaml.safe_load((tmp_path / "Pulumi.yaml").read_text())
    assert written["main"] == str(ROOT)
    assert written["config"] == project.load()["config"]
    assert project.load_settings(tmp_path, "local") == {"preqly:protect": False}


def test_the_engines_salt_survives_new_settings(tmp_path: Path) -> None:
    project.write_work_dir(tmp_path, "local", {"preqly:protect": True})
    path = tmp_path / "Pulumi.local.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"encryptionsalt": "v1:abc"}))
    project.write_work_dir(tmp_path, "local", {"preqly:protect": False})
    assert yaml.safe_load(path.read_text()) == {"encryptionsalt": "v1:abc", "config": {"preqly:protect": False}}


def test_local_settings_are_settings_of_the_project() -> None:
    declared = project.load()["config"]
    images = {"python": "python:x", "nginx": "nginx:x"}
    settings = project.local_settings(images, "vm")
    settings |= project.machine_settings(settings)
    assert {key.removeprefix("preqly:") for key in settings} <= set(declared)


def test_a_machine_fits_this_one_and_the_site_on_it() -> None:
    settings = project.local_settings({"python": "python:x", "nginx": "nginx:x"}, "vm")
    name = project.machine_settings(settings)["preqly:vmInstanceType"]
    assert sizes.problem(name, project.machine_architecture(), int(project.default_setting("taskMemory"))) is None
    large = {"preqly:architecture": "arm64", "preqly:taskMemory": 1024}
    assert project.machine_settings(large) == {"preqly:vmInstanceType": "t4g.medium"}


def test_a_machine_that_the_settings_name_is_left_alone() -> None:
    assert project.machine_settings({"preqly:vmInstanceType": "t3.large"}) == {}


def test_a_site_that_fits_no_machine_is_refused() -> None:
    with pytest.raises(OperatorError, match="preqly:taskMemory: no instance type of arm64 holds"):
        project.machine_settings({"preqly:architecture": "arm64", "preqly:taskMemory": 122880})


def test_without_a_word_the_site_is_on_fargate() -> None:
    assert project.local_settings({"python": "python:x", "nginx": "nginx:x"})["preqly:hosting"] == "fargate"


@pytest.mark.parametrize(("machine", "setting"), [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64")])
def test_the_machine_is_named_as_the_setting_names_it(
    monkeypatch: pytest.MonkeyPatch, machine: str, setting: str
) -> None:
    monkeypatch.setattr("local.project.platform.machine", lambda: machine)
    assert project.machine_architecture() == setting


def test_a_machine_that_cannot_build_the_images_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.project.platform.machine", lambda: "riscv64")
    with pytest.raises(OperatorError, match="riscv64: neither x86_64 nor arm64"):
        project.machine_architecture()


def test_encrypted_production_values_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  preqly:a: 1\n  preqly:b: {secure: AAA}\n")
    assert project.stack_settings("prod") == {"preqly:a": 1}
