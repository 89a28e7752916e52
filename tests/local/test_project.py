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


def test_encrypted_variables_and_secrets_of_the_account_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  preqly:environment: {A: 'on'}\n  preqly:secretEnvironment: {B: {secure: AAA}}\n"
        "  preqly:existingSecrets: {C: 'arn:aws:ssm:us-east-1:123456789012:parameter/c'}\n"
    )
    assert project.stack_settings("prod") == {"preqly:environment": {"A": "on"}, "preqly:secretEnvironment": {}}


def test_what_only_the_account_has_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    theirs = "{preqly:zoneId: Z1, preqly:certificateArn: 'arn:x', preqly:adoptEmailIdentity: true, preqly:zone: a.org}"
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config: {theirs}")
    assert project.stack_settings("prod") == {"preqly:zone": "a.org"}


@pytest.mark.parametrize(
    ("settings", "zones"),
    [
        ("{films:taskCpu: 512}", ("one.example",)),
        ("{zone: two.example, aliases: [www.two.example, two.example]}", ("two.example",)),
        ("{films:aliases: [www.films.org, www.one.example]}", ("one.example", "www.films.org")),
        ("{aliases: [none.example, www.films.org], createZone: true}", ("none.example", "www.films.org")),
    ],
)
def test_the_cloud_has_the_zones_that_the_names_of_a_stack_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, zones: tuple[str, ...]
) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    defaults = "{zone: {default: one.example}, aliases: {default: []}, createZone: {default: false}}"
    (tmp_path / "Pulumi.yaml").write_text(f"name: films\nconfig: {defaults}")
    assert project.zones("prod") == ("one.example",)
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config: {settings}")
    assert project.zones("prod") == zones


def test_the_local_stack_has_the_settings_of_its_own_file_with_the_salt_of_their_encryption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, folder = tmp_path / "root", tmp_path / "program"
    root.mkdir()
    monkeypatch.setattr(project, "ROOT", root)
    (root / "Pulumi.yaml").write_text("name: films")
    project.write_work_dir(folder, "local", {"films:protect": False})
    own = {"films:secretEnvironment": {"KEY": {"secure": "v1:x"}}}
    for stack in ("local", "prod"):
        (root / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"encryptionsalt": "v1:own", "config": own}))
        project.write_work_dir(folder, stack, {"films:protect": False})
    written = yaml.safe_load((folder / "Pulumi.local.yaml").read_text())
    assert written == {"encryptionsalt": "v1:own", "config": {"films:protect": False, **own}}
    assert project.load_settings(folder, "prod") == {"films:protect": False}
