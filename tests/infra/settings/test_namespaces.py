"""Keys that Pulumi would ignore: those of another project's name."""

import re
import subprocess
from pathlib import Path

import pulumi
import pulumi_docker
import pytest
import yaml
from pulumi.runtime.config import set_all_config

from infra.problem import SettingsError
from infra.settings.load import load_settings
from infra.settings.namespaces import PROVIDERS, foreign_keys, project_name
from local.runtime import ROOT
from tests.program.shapes import SHAPES
from tests.recorder import declared_with


def refused(project: str = "films", **config: str) -> str:
    set_all_config({key.replace("__", ":"): value for key, value in config.items()})
    with pytest.raises(SettingsError) as error:
        load_settings(pulumi.Config(project), "us-east-1")
    return str(error.value)


def test_settings_left_under_the_projects_old_name_are_refused_with_the_command_that_renames_them() -> None:
    message = refused(preqly__taskCpu="512", preqly__waf="true")
    assert "preqly:* = [taskCpu, waf]" in message
    assert 'the project\'s name is "films" (Pulumi.yaml), and no provider is called "preqly"' in message
    assert "sed -i.bak 's/^\\( *\\)preqly:/\\1films:/' Pulumi." in message


def test_the_command_in_the_message_renames_them(tmp_path: Path) -> None:
    (problem,) = foreign_keys("films", "prod", ["old.name:taskCpu", "old.name:waf", "aws:region"])
    settings = "config:\n  aws:region: us-east-1\n  old.name:taskCpu: 512\n  old.name:waf: true\n  oldxname:a: 1\n"
    (tmp_path / "Pulumi.prod.yaml").write_text(settings)
    subprocess.run(["sh", "-c", problem.fix], cwd=tmp_path, check=True)
    expected = settings.replace("old.name:", "films:")
    assert (tmp_path / "Pulumi.prod.yaml").read_text() == expected


def test_a_namespace_without_any_setting_of_this_project_is_to_be_removed() -> None:
    (problem,) = foreign_keys("films", "prod", ["awss:region", "films:taskCpu"])
    assert (problem.key, problem.fix) == ("awss:*", "pulumi config rm awss:region")


def test_no_value_of_a_foreign_key_is_printed() -> None:
    assert "hunter2" not in refused(preqly__emailUrl="smtp+tls://site:hunter2@mail.example.com:587")


def test_keys_of_providers_and_of_pulumi_are_no_foreign_keys() -> None:
    keys = ["aws:profile", "docker:host", "random:x", "pulumi:disable-default-providers", "films:taskCpu"]
    assert list(foreign_keys("films", "prod", keys)) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_every_provider_of_the_program_may_be_configured(shape: str) -> None:
    used = {one.typ.partition(":")[0] for one in declared_with(**SHAPES[shape]).resources if one.custom}
    assert used <= set(PROVIDERS) | {"pulumi"}


@pytest.mark.parametrize(("name", "wrong"), [("aws-site", True), ("SSMtool", True), ("films", False), ("laws", False)])
def test_a_project_name_that_ssm_keeps_for_itself_is_refused(name: str, wrong: bool) -> None:
    problems = list(project_name(name))
    assert bool(problems) is wrong
    assert all(re.search("must not begin with aws or ssm", one.rule) for one in problems)


def test_preview_refresh_and_destroy_need_no_docker_daemon() -> None:
    """A key that the installed provider does not have would change nothing."""
    key = "docker:disableDockerDaemonCheck"
    assert yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"][key]["value"] is True
    variables = (Path(pulumi_docker.__file__).parent / "config" / "vars.py").read_text()
    assert "__config__.get_bool('disableDockerDaemonCheck')" in variables
