"""Settings are read from configuration; all wrong ones are reported together, and no secret is shown."""

import json
import runpy
import shutil

import pulumi
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.config import set_all_config

from infra.problem import SettingsError
from infra.settings.load import load_settings
from local.runtime import ROOT
from tests.infra.settings_helpers import DECLARED, DEFAULT_SETTINGS, load, only_problem, problems


def test_without_configuration_every_setting_has_its_legal_default():
    assert load() == DEFAULT_SETTINGS
    assert DEFAULT_SETTINGS.task_cpu == DECLARED["taskCpu"]["default"]
    assert DEFAULT_SETTINGS.aliases == ()


def test_every_setting_is_explained():
    assert all(len(declared["description"]) > 20 for declared in DECLARED.values())


@pytest.mark.parametrize(
    ("before", "after"),
    [("  taskCpu:\n    type: integer", "  taskCpu:\n    type: string"), ("  taskCpu:", "  cpuOfTask:")],
)
def test_a_declaration_that_differs_from_the_class_fails_the_import(before, after, tmp_path):
    room = tmp_path / "infra" / "settings"
    room.mkdir(parents=True)
    shutil.copy(ROOT / "infra" / "settings" / "settings.py", room)
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text().replace(before, after, 1))
    with pytest.raises(TypeError, match=r"taskCpu: Pulumi\.yaml and the class Settings"):
        runpy.run_path(str(room / "settings.py"))


def test_what_the_engine_passes_for_pulumi_yaml_is_read_back():
    engine_form = {
        key: value["default"] if isinstance(value["default"], str) else json.dumps(value["default"])
        for key, value in DECLARED.items()
    }
    assert load(**engine_form) == DEFAULT_SETTINGS


def test_production_decides_only_settings_that_exist_and_they_are_legal():
    production = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    region = production.pop("aws:region")
    settings = load(region, **{key: str(value).lower() for key, value in production.items()})
    assert settings.database_multi_az
    assert settings.protect


def test_lists_and_switches_are_read():
    settings = load(aliases='["www.preqly.com"]', waf="true", databaseMultiAz="false", maxTasks="4")
    assert settings.aliases == ("www.preqly.com",)
    assert settings.waf is True
    assert settings.max_tasks == 4
    assert settings.hosts == ("app.preqly.com", "www.preqly.com")


def test_a_stack_that_keeps_nothing_takes_no_snapshots_unless_it_asks_for_them():
    throwaway = {"protect": "false", "databaseFinalSnapshot": "false"}
    assert load(**throwaway).snapshots_before_migration == 0
    # The engine hands the default over as if it were written.
    assert load(**throwaway, snapshotsBeforeMigration="3").snapshots_before_migration == 0
    assert load(**throwaway, snapshotsBeforeMigration="2").snapshots_before_migration == 2
    for one in throwaway:
        assert load(**{one: "false"}).snapshots_before_migration == 3


def test_several_wrong_values_are_reported_together():
    wrong = problems(
        databaseVersion="17.4",
        egress="vpn",
        taskCpu="many",
        maxTasks="1",
        vpcCidr="10.0.0.0/24",
        databseClass="db.t4g.micro",
        domain="app.example.com",
    )
    assert {problem.key for problem in wrong} == {
        "preqly:databaseVersion",
        "preqly:egress",
        "preqly:taskCpu",
        "preqly:maxTasks",
        "preqly:vpcCidr",
        "preqly:databseClass",
        "preqly:domain",
    }


def test_the_message_names_key_value_rule_and_fix_and_says_that_nothing_happened():
    with pytest.raises(SettingsError) as refused:
        load(taskCpu="300")
    message = str(refused.value)
    assert "No resource was touched" in message
    assert "preqly:taskCpu = 300" in message
    assert "rule: Fargate supports" in message
    assert "fix:  pulumi config set taskCpu 256; pulumi config set taskMemory 512" in message


def test_an_operators_mistake_ends_without_a_traceback():
    assert issubclass(SettingsError, pulumi.RunError)


def test_a_misspelt_key_gets_the_nearest_name():
    assert "did you mean databaseClass?" in only_problem(databseClass="db.t4g.small").fix


def test_a_key_like_no_other_gets_no_suggestion():
    assert only_problem(xyzzy="1").fix == "pulumi config rm xyzzy"


def test_a_secret_value_is_not_printed():
    set_all_config({"preqly:databsePassword": "hunter2"}, ["preqly:databsePassword"])
    with pytest.raises(SettingsError) as refused:
        load_settings(pulumi.Config("preqly"), "us-east-1")
    assert "hunter2" not in str(refused.value)
    assert "[secret]" in str(refused.value)


def test_a_mail_password_in_the_clear_is_refused_without_being_repeated():
    for url in ("smtp+tls://site:hunter2@mail.example.com:587", "smtp://site:hunter2@mail.example.com"):
        set_all_config({"preqly:emailUrl": url})
        with pytest.raises(SettingsError) as refused:
            load_settings(pulumi.Config("preqly"), "us-east-1")
        assert "hunter2" not in str(refused.value)


def test_a_mail_password_is_taken_from_an_encrypted_setting():
    url = "smtp+tls://site:hunter2@mail.example.com:587"
    set_all_config({"preqly:emailUrl": url}, ["preqly:emailUrl"])
    assert load_settings(pulumi.Config("preqly"), "us-east-1").email_url == url


def test_mail_comes_from_the_domain_unless_the_settings_name_an_address():
    assert load(domain="shop.preqly.com").sender == "no-reply@shop.preqly.com"
    assert load(emailFrom="site@example.com").sender == "site@example.com"


def test_an_unreadable_value_is_not_blamed_twice():
    assert [problem.key for problem in problems(taskCpu="many", taskMemory="8192")] == ["preqly:taskCpu"]


@given(values=st.dictionaries(st.sampled_from(sorted(DECLARED)), st.text(max_size=20), min_size=1, max_size=6))
def test_any_text_is_either_taken_or_refused_by_name(values):
    found = []
    try:
        load(**values)
    except SettingsError as refused:
        found = refused.problems
    assert all(problem.key and problem.rule and problem.fix for problem in found)
    assert {problem.key.partition(":")[2] for problem in found} <= DECLARED.keys()
