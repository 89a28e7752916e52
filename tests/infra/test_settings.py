"""Settings: equal to Pulumi.yaml, and every wrong value refused at once by key, value, rule and fix."""

import json
from dataclasses import fields
from pathlib import Path

import pulumi
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.config import set_all_config

from infra import fargate_size, size_rules
from infra.problem import key_of
from infra.settings import Settings, SettingsError

ROOT = Path(__file__).parents[2]
PROJECT = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
DECLARED = {key: value for key, value in PROJECT["config"].items() if ":" not in key}


def load(**values):
    set_all_config({f"preqly:{key}": value for key, value in values.items()})
    return Settings.load(pulumi.Config("preqly"), "us-east-1")


def problems(**values):
    with pytest.raises(SettingsError) as refused:
        load(**values)
    return refused.value.problems


def only_problem(**values):
    (problem,) = problems(**values)
    return problem


def test_without_configuration_every_setting_has_its_legal_default():
    assert load() == Settings(region="us-east-1")


def test_pulumi_yaml_declares_exactly_the_settings_with_the_same_defaults_and_types():
    types: dict[object, str] = {str: "string", int: "integer", bool: "boolean", tuple[str, ...]: "array"}
    ours = {key_of(field.name): field for field in fields(Settings) if field.name != "region"}
    assert DECLARED.keys() == ours.keys()
    for key, declared in DECLARED.items():
        default = ours[key].default
        assert declared["default"] == (list(default) if isinstance(default, tuple) else default), key
        assert declared["type"] == types[ours[key].type], key
        assert len(declared["description"]) > 20, key


def test_what_the_engine_passes_for_pulumi_yaml_is_read_back():
    engine_form = {
        key: value["default"] if isinstance(value["default"], str) else json.dumps(value["default"])
        for key, value in DECLARED.items()
    }
    assert load(**engine_form) == Settings(region="us-east-1")


def test_production_decides_only_settings_that_exist_and_they_are_legal():
    production = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    region = production.pop("aws:region")
    set_all_config({key: str(value).lower() for key, value in production.items()})
    settings = Settings.load(pulumi.Config("preqly"), region)
    assert settings.database_multi_az
    assert settings.protect


def test_lists_and_switches_are_read():
    settings = load(aliases='["www.preqly.com"]', waf="true", databaseMultiAz="false", maxTasks="4")
    assert settings.aliases == ("www.preqly.com",)
    assert settings.waf is True
    assert settings.max_tasks == 4
    assert settings.hosts == ("app.preqly.com", "www.preqly.com")


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
    assert "rule: Fargate sells" in message
    assert "fix:  pulumi config set taskCpu 256; pulumi config set taskMemory 512" in message


def test_an_operators_mistake_ends_without_a_traceback():
    assert issubclass(SettingsError, pulumi.RunError)


REFUSED = [
    ({"domain": "app.example.com"}, "domain", "inside the zone preqly.com"),
    ({"domain": "evilpreqly.com"}, "domain", "inside the zone"),
    ({"domain": "https://app.preqly.com"}, "domain", "without a scheme"),
    ({"domain": "App.preqly.com"}, "domain", "small letters"),
    ({"domain": "*.preqly.com"}, "domain", "host name"),
    ({"domain": "a" * 60 + ".preqly.com"}, "domain", "at most 64"),
    ({"aliases": '["www.example.com"]'}, "aliases", "inside the zone"),
    ({"aliases": '["app.preqly.com"]'}, "aliases", "differ"),
    ({"aliases": json.dumps([f"a{n}.preqly.com" for n in range(10)])}, "aliases", "at most 9"),
    ({"aliases": "www.preqly.com"}, "aliases", "list of strings"),
    ({"aliases": "[1]"}, "aliases", "list of strings"),
    ({"zone": "localhost"}, "zone", "domain name"),
    ({"allowedHosts": '["*"]'}, "allowedHosts", "without a scheme"),
    ({"allowedHosts": '["localhost:8443"]'}, "allowedHosts", "a port"),
    ({"hosting": "lambda"}, "hosting", "must be fargate"),
    ({"hosting": "vm", "minTasks": "3"}, "minTasks", "one machine with one task"),
    ({"hosting": "vm", "waf": "true"}, "waf", "a machine has none"),
    ({"hosting": "vm", "architecture": "x86_64"}, "vmInstanceType", "images are built for x86_64"),
    ({"hosting": "vm", "vmInstanceType": "m7g.large"}, "vmInstanceType", "must be one of t4g.micro"),
    ({"hosting": "vm", "taskMemory": "1024"}, "vmInstanceType", "has 2048 MiB"),
    ({"hosting": "vm", "taskMemory": "99999"}, "vmInstanceType", "needs 200766"),
    ({"vmCertificate": "my secret"}, "vmCertificate", "must be letsencrypt"),
    ({"acmeServer": "http://localhost:14000/dir"}, "acmeServer", "https://"),
    ({"egress": "nat"}, "egress", "gateway or public or endpoints"),
    ({"architecture": "amd64"}, "architecture", "arm64 or x86_64"),
    ({"vpcCidr": "10.20.0.0/23"}, "vpcCidr", "subnets too small"),
    ({"vpcCidr": "10.0.0.0/8"}, "vpcCidr", "from /16"),
    ({"vpcCidr": "8.8.0.0/16"}, "vpcCidr", "private"),
    ({"vpcCidr": "10.20.1.0/16"}, "vpcCidr", "first address"),
    ({"vpcCidr": "10.20.0.0"}, "vpcCidr", "name its length"),
    ({"vpcCidr": "home"}, "vpcCidr", "IPv4 address range"),
    ({"vpcCidr": "10.20.0.0/22", "egress": "public", "maxTasks": "60"}, "maxTasks", "has room for 53"),
    ({"taskCpu": "300"}, "taskCpu", "Fargate sells"),
    ({"taskMemory": "4096"}, "taskCpu", "nearest legal memory: 2048"),
    ({"taskCpu": "0.25"}, "taskCpu", "whole number"),
    ({"minTasks": "0"}, "minTasks", "from 1"),
    ({"minTasks": "4", "maxTasks": "3"}, "maxTasks", "at least minTasks, which is 4"),
    ({"scaleAtCpuPercent": "100"}, "scaleAtCpuPercent", "from 10 to 95"),
    ({"pythonImage": "python"}, "pythonImage", "tag"),
    ({"nginxImage": "nginx:latest"}, "nginxImage", "other than latest"),
    ({"databaseClass": "t4g.micro"}, "databaseClass", "db.t4g.micro"),
    ({"databaseClass": "db.t4g.nano"}, "databaseClass", "does not sell"),
    ({"databaseStorageGb": "10"}, "databaseStorageGb", "from 20"),
    ({"databaseStorageGb": "100"}, "databaseMaxStorageGb", "so 110 or more"),
    ({"databaseBackupDays": "0"}, "databaseBackupDays", "from 1 to 35"),
    ({"databaseBackupDays": "36"}, "databaseBackupDays", "from 1 to 35"),
    ({"databaseVersion": "17.4"}, "databaseVersion", "major version alone"),
    ({"databaseVersion": "13"}, "databaseVersion", "14 or later"),
    ({"databaseMultiAz": "yes"}, "databaseMultiAz", "true or false"),
    ({"alarmEmail": "ops"}, "alarmEmail", "e-mail"),
    ({"emailUrl": "smtp://mail.example.com"}, "emailUrl", "smtp+tls://"),
    ({"emailUrl": "smtp+tls://site:pw@mail.example.com:587"}, "emailUrl", "keeps only secret values encrypted"),
    ({"emailUrl": "ses://eu-west-1"}, "emailUrl", "must be ses://"),
    ({"emailUrl": "ses://", "egress": "endpoints"}, "emailUrl", "SES has none here"),
    ({"emailFrom": "Site <no-reply@app.preqly.com>"}, "emailFrom", "one e-mail address"),
    ({"emailFrom": "No-Reply@app.preqly.com"}, "emailFrom", "small letters"),
    ({"emailFrom": "no-reply@example.com", "emailUrl": "ses://"}, "emailFrom", "inside the zone preqly.com"),
    ({"monthlyBudgetUsd": "-1"}, "monthlyBudgetUsd", "from 0"),
    ({"monthlyBudgetUsd": "50"}, "monthlyBudgetUsd", "someone to warn"),
    ({"databaseFinalSnapshot": "no"}, "databaseFinalSnapshot", "true or false"),
    ({"snapshotsBeforeMigration": "-1"}, "snapshotsBeforeMigration", "from 0 to 50"),
    ({"secretsGeneration": "0"}, "secretsGeneration", "from 1"),
    ({"secretKeyFallbacks": "6"}, "secretKeyFallbacks", "from 0 to 5"),
    ({"logDays": "10"}, "logDays", "CloudWatch keeps logs for"),
    ({"databseClass": "db.t4g.small"}, "databseClass", "not a setting"),
]


@pytest.mark.parametrize(("values", "key", "rule"), REFUSED, ids=[str(case[0]) for case in REFUSED])
def test_a_wrong_value_is_refused_by_its_key_with_the_rule(values, key, rule):
    problem = only_problem(**values)
    assert problem.key == f"preqly:{key}"
    assert rule in problem.rule
    assert problem.fix


@pytest.mark.parametrize("values", [case[0] for case in REFUSED], ids=[str(case[0]) for case in REFUSED])
def test_a_proposed_value_is_itself_legal(values):
    """Whoever does what the message says gets past it."""
    problem = only_problem(**values)
    proposed = dict(values)
    for command in problem.fix.split("; "):
        words = command.split()
        if words[:3] == ["pulumi", "config", "set"] and words[3] in DECLARED and "<" not in words[4]:
            proposed[words[3]] = words[4]
        elif words[:4] == ["pulumi", "config", "set", "--path"]:
            proposed[words[4].strip("'").removesuffix("[0]")] = json.dumps([words[5]])
        else:
            return
    load(**proposed)


@pytest.mark.parametrize("region", ["", "moon-1", "cn-north-1", "us-gov-west-1", "us-east-1a"])
def test_a_region_that_is_none_is_refused(region):
    set_all_config({})
    with pytest.raises(SettingsError, match="aws:region"):
        Settings.load(pulumi.Config("preqly"), region)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-7", "mx-central-1"])
def test_commercial_regions_are_taken(region):
    set_all_config({})
    assert Settings.load(pulumi.Config("preqly"), region).region == region


def test_a_misspelt_key_gets_the_nearest_name():
    assert "did you mean databaseClass?" in only_problem(databseClass="db.t4g.small").fix


def test_a_key_like_no_other_gets_no_suggestion():
    assert only_problem(xyzzy="1").fix == "pulumi config rm xyzzy"


def test_keys_of_other_projects_are_none_of_our_business():
    set_all_config({"aws:profile": "team", "other:taskCpu": "1"})
    assert Settings.load(pulumi.Config("preqly"), "us-east-1").task_cpu == 256


def test_a_secret_value_is_not_printed():
    set_all_config({"preqly:databsePassword": "hunter2"}, ["preqly:databsePassword"])
    with pytest.raises(SettingsError) as refused:
        Settings.load(pulumi.Config("preqly"), "us-east-1")
    assert "hunter2" not in str(refused.value)
    assert "[secret]" in str(refused.value)


def test_a_mail_password_in_the_clear_is_refused_without_being_repeated():
    for url in ("smtp+tls://site:hunter2@mail.example.com:587", "smtp://site:hunter2@mail.example.com"):
        set_all_config({"preqly:emailUrl": url})
        with pytest.raises(SettingsError) as refused:
            Settings.load(pulumi.Config("preqly"), "us-east-1")
        assert "hunter2" not in str(refused.value)


def test_a_mail_password_is_taken_from_an_encrypted_setting():
    url = "smtp+tls://site:hunter2@mail.example.com:587"
    set_all_config({"preqly:emailUrl": url}, ["preqly:emailUrl"])
    assert Settings.load(pulumi.Config("preqly"), "us-east-1").email_url == url


def test_mail_comes_from_the_domain_unless_the_settings_name_an_address():
    assert load(domain="shop.preqly.com").sender == "no-reply@shop.preqly.com"
    assert load(emailFrom="site@example.com").sender == "site@example.com"


def test_an_unreadable_value_is_not_blamed_twice():
    assert [problem.key for problem in problems(taskCpu="many", taskMemory="8192")] == ["preqly:taskCpu"]


def test_the_databases_architecture_is_independent_of_the_tasks():
    assert load(architecture="x86_64", databaseClass="db.t4g.micro").architecture == "x86_64"
    assert load(architecture="arm64", databaseClass="db.m6i.large").architecture == "arm64"


@given(cpu=st.integers(0, 20_000), memory=st.integers(0, 130_000))
def test_a_task_size_is_taken_exactly_when_fargate_sells_it(cpu, memory):
    legal = memory in fargate_size.MEMORY_BY_CPU.get(cpu, ())
    try:
        load(taskCpu=str(cpu), taskMemory=str(memory))
    except SettingsError:
        assert not legal
    else:
        assert legal


@given(days=st.integers(-10, 5000))
def test_log_days_are_taken_exactly_when_cloudwatch_knows_them(days):
    try:
        load(logDays=str(days))
    except SettingsError:
        assert days not in size_rules.LOG_DAYS
    else:
        assert days in size_rules.LOG_DAYS


@given(values=st.dictionaries(st.sampled_from(sorted(DECLARED)), st.text(max_size=20), min_size=1, max_size=6))
def test_any_text_is_either_taken_or_refused_by_name(values):
    """Nothing an operator writes ends in another error than a SettingsError."""
    found = []
    try:
        load(**values)
    except SettingsError as refused:
        found = refused.problems
    assert all(problem.key and problem.rule and problem.fix for problem in found)
    assert {problem.key.partition(":")[2] for problem in found} <= DECLARED.keys()


def test_a_machine_runs_one_task_unless_another_number_is_written():
    assert load(hosting="vm").min_tasks == load(hosting="vm", minTasks="2").min_tasks == 1
    assert load().min_tasks == 2


def test_the_fix_for_a_machine_that_is_too_small_is_the_smallest_that_fits():
    with pytest.raises(SettingsError, match=r"pulumi config set vmInstanceType t4g\.medium"):
        load(hosting="vm", taskMemory="1024")
    largest = r"pulumi config set taskMemory 16000; pulumi config set vmInstanceType t4g\.2xlarge"
    with pytest.raises(SettingsError, match=largest):
        load(hosting="vm", taskMemory="99999")


def test_rules_of_fargate_do_not_bind_a_machine():
    assert load(hosting="vm", taskCpu="300", taskMemory="300", vpcCidr="10.20.0.0/22", maxTasks="600").task_cpu == 300


def test_a_machine_has_its_own_way_out_whatever_the_tasks_would_have():
    assert load(hosting="vm", egress="endpoints", emailUrl="ses://").way_out == "public"
    assert load(egress="endpoints").way_out == "endpoints"
