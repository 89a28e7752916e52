"""The copy of the project's files for the engine, and the local stack's settings."""

from pathlib import Path

import pytest
import yaml

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
    settings = project.local_settings(images)
    assert {key.removeprefix("preqly:") for key in settings} <= set(declared)


def test_the_local_site_claims_nothing_for_other_programs_on_localhost() -> None:
    assert project.local_settings({"python": "x", "nginx": "x"})["preqly:hsts"] == "max-age=0"


@pytest.mark.parametrize(("machine", "setting"), [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64")])
def test_the_machines_architecture_is_a_value_of_the_setting(
    monkeypatch: pytest.MonkeyPatch, machine: str, setting: str
) -> None:
    monkeypatch.setattr("local.project.platform.machine", lambda: machine)
    assert project.machine_architecture() == setting


def test_a_machine_that_cannot_build_the_images_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.project.platform.machine", lambda: "riscv64")
    with pytest.raises(OperatorError, match="riscv64: neither x86_64 nor arm64"):
        project.machine_architecture()


def test_a_key_without_a_namespace_is_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: films")
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  taskCpu: 512\n  aws:region: eu-west-1\n")
    assert project.stack_settings("prod") == {"films:taskCpu": 512, "aws:region": "eu-west-1"}


def test_encrypted_production_values_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  preqly:a: 1\n  preqly:b: {secure: AAA}\n")
    assert project.stack_settings("prod") == {"preqly:a": 1}
