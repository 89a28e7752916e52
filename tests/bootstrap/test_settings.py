"""Settings of the bootstrap stack: what is wrong, why, and the command that mends it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bootstrap import hosted
from bootstrap import settings as settings_module
from infra.problem import SettingsError
from local.runtime import ROOT
from tests.bootstrap.recorded import run_bootstrap


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("repository", "https://github.com/octo/site", "pulumi config set repository owner/name"),
        ("repository", "octo/*", "pulumi config set repository owner/name"),
        ("repositoryId", "0", "pulumi config set repositoryId $(gh api repos/octo/site --jq .id)"),
        ("ownerId", "-1", "pulumi config set ownerId $(gh api repos/octo/site --jq .owner.id)"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_fix(key: str, value: str, fix: str) -> None:
    with pytest.raises(SettingsError) as refused:
        run_bootstrap(**{key: value})
    (problem,) = refused.value.problems
    assert (problem.key, problem.fix) == (f"bootstrap:{key}", fix)


def test_all_wrong_settings_are_named_together() -> None:
    with pytest.raises(SettingsError, match=r"2 settings are wrong\. No resource was touched"):
        run_bootstrap(repository="site", ownerId="0")


def test_the_stack_has_a_name_that_fits_a_role() -> None:
    assert [one.key for one in settings_module.problems(settings(stack="a" * 31), "bootstrap")] == ["stack"]
    assert settings_module.problems(settings(stack="prod"), "bootstrap") == []


def settings(**changes: str) -> settings_module.Settings:
    known = {
        "region": "us-east-1",
        "repository": "octo/site",
        "project": "site",
        "zone": "example.com",
        "stack": "prod",
    }
    numbers = {"repository_id": 1, "owner_id": 1, "create_oidc_provider": True, "create_state": True}
    return settings_module.Settings(**{**numbers, **known, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "value"),
    [
        ("config: {'site:zone': two.example}", "two.example"),
        ("config: {zone: two.example}", "two.example"),
        ("config: {'other:zone': two.example}", "one.example"),
        ("config:", "one.example"),
        ("", "one.example"),
    ],
)
def test_a_hosted_setting_is_the_stacks_own_or_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str, value: str
) -> None:
    monkeypatch.setattr(hosted, "FOLDER", tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {zone: {default: one.example}}")
    if own:
        (tmp_path / "Pulumi.prod.yaml").write_text(own)
    assert hosted.setting("prod", "zone") == value


def test_without_a_state_of_its_own_the_roles_reach_none() -> None:
    bootstrap = run_bootstrap(createState="false")
    assert bootstrap.all("s3/bucket:Bucket") == bootstrap.all("kms/key:Key") == []
    assert "PULUMI_BACKEND_URL" not in bootstrap.exports["setup_commands"]
    for role in bootstrap.roles().values():
        assert "state" not in "".join(role.policies)


def test_bucket_and_key_of_the_state_outlive_the_stack() -> None:
    bootstrap = run_bootstrap()
    for token, name in (("s3/bucket:Bucket", "state-bucket"), ("kms/key:Key", "state-secrets")):
        options = bootstrap.options(token, name)
        assert (options.protect, options.retainOnDelete) == (True, True)


def test_pulumi_declares_every_setting_that_the_program_reads() -> None:
    declared = yaml.safe_load((ROOT / "bootstrap" / "Pulumi.yaml").read_text())["config"]
    assert set(declared) == {
        "aws:region",
        *("repository", "repositoryId", "ownerId", "createOidcProvider", "createState"),
    }
    assert all("description" in one for key, one in declared.items() if ":" not in key)


def test_the_page_names_settings_and_outputs_that_exist() -> None:
    page = (ROOT / "docs" / "pipelines.md").read_text()
    settings = {
        key
        for folder in (ROOT, ROOT / "bootstrap")
        for key in yaml.safe_load((folder / "Pulumi.yaml").read_text())["config"]
    }
    assert set(re.findall(r"pulumi config set (\w+)", page)) <= settings
    outputs = set(re.findall(r"pulumi stack output (\w+)", page))
    assert outputs
    assert outputs <= set(run_bootstrap().exports)


def test_it_starts_in_its_own_folder_as_pulumi_starts_it() -> None:
    """Without the project's root on the path; it ends at the first setting, because no engine gives it one."""
    start = "import runpy; runpy.run_path('.', run_name='__main__')"
    command = [sys.executable, "-P", "-c", start]
    result = subprocess.run(command, cwd=ROOT / "bootstrap", capture_output=True, text=True, check=False)
    assert "ConfigMissingError" in result.stderr
    assert "repository" in result.stderr
