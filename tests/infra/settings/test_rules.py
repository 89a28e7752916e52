"""Every wrong value is refused by its key with rule and fix, and the fix is legal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.ecs import fargate_size
from infra.pricing.cost import monthly_estimate
from infra.problem import SettingsError
from infra.settings import size_rules
from tests.infra.settings_helpers import DECLARED, load, only_problem, problems, settings

REFUSED = [
    ({"domain": "app.example.com"}, "domain", "inside the zone preqly.com"),
    ({"domain": "evilpreqly.com"}, "domain", "inside the zone"),
    ({"domain": "https://app.preqly.com"}, "domain", "without a scheme"),
    ({"domain": "App.preqly.com"}, "domain", "small letters"),
    ({"domain": "*.preqly.com"}, "domain", "host name"),
    ({"domain": "a" * 60 + ".preqly.com"}, "domain", "at most 64"),
    ({"aliases": '["https://www.example.com"]'}, "aliases", "without a scheme"),
    ({"aliases": '["app.preqly.com"]'}, "aliases", "differ"),
    ({"aliases": json.dumps([f"a{n}.preqly.com" for n in range(10)])}, "aliases", "at most 9"),
    ({"aliases": "www.preqly.com"}, "aliases", "list of strings"),
    ({"aliases": "[1]"}, "aliases", "list of strings"),
    ({"zone": "localhost"}, "zone", "domain name"),
    ({"allowedHosts": '["*"]'}, "allowedHosts", "without a scheme"),
    ({"allowedHosts": '["localhost:8443"]'}, "allowedHosts", "a port"),
    ({"hosting": "lambda"}, "hosting", "must be fargate"),
    ({"hosting": "vm"}, "hosting", "this version runs on Fargate only"),
    ({"egress": "nat"}, "egress", "gateway or gateway-per-zone or public or endpoints"),
    ({"architecture": "amd64"}, "architecture", "arm64 or x86_64"),
    ({"vpcCidr": "10.20.0.0/23"}, "vpcCidr", "too few addresses"),
    ({"vpcCidr": "10.0.0.0/8"}, "vpcCidr", "from /16"),
    ({"vpcCidr": "8.8.0.0/16"}, "vpcCidr", "private"),
    ({"vpcCidr": "10.20.1.0/16"}, "vpcCidr", "first address"),
    ({"vpcCidr": "10.20.0.0"}, "vpcCidr", "include the prefix length"),
    ({"vpcCidr": "home"}, "vpcCidr", "IPv4 address range"),
    (
        {"vpcCidr": "10.20.0.0/22", "egress": "public", "maxTasks": "60", "databaseClass": "db.m7g.large"},
        "maxTasks",
        "has room for 53",
    ),
    ({"maxTasks": "20"}, "maxTasks", "db.t4g.micro allows 75, enough for a rollout of 8"),
    ({"taskCpu": "4096", "taskMemory": "8192"}, "maxTasks", "enough for a rollout of 2"),
    ({"taskCpu": "16384", "taskMemory": "32768"}, "maxTasks", "enough for a rollout of 0"),
    ({"taskCpu": "300"}, "taskCpu", "Fargate supports"),
    ({"taskMemory": "4096"}, "taskCpu", "nearest legal memory: 2048"),
    ({"taskCpu": "0.25"}, "taskCpu", "whole number"),
    ({"minTasks": "0"}, "minTasks", "from 1"),
    ({"minTasks": "4", "maxTasks": "3"}, "maxTasks", "at least minTasks, which is 4"),
    ({"scaleAtCpuPercent": "100"}, "scaleAtCpuPercent", "from 10 to 95"),
    ({"scaleAtRequestsPerVcpu": "-1"}, "scaleAtRequestsPerVcpu", "from 0"),
    ({"webThreads": "0"}, "webThreads", "from 1 to 32"),
    ({"requestTimeoutSeconds": "4"}, "requestTimeoutSeconds", "from 5 to 300"),
    ({"requestTimeoutSeconds": "301"}, "requestTimeoutSeconds", "from 5 to 300"),
    ({"trustedProxies": '["192.0.2.1"]'}, "trustedProxies", '"192.0.2.1" must be a network'),
    ({"trustedProxies": '["192.0.2.1/24"]'}, "trustedProxies", "must be a network"),
    ({"trustedProxies": '["0.0.0.0/0"]'}, "trustedProxies", '"0.0.0.0/0" is wider than /10'),
    ({"trustedProxies": '["192.0.2.0/24", "128.0.0.0/1"]'}, "trustedProxies", '"128.0.0.0/1" is wider than /10'),
    ({"trustedProxies": '["104.0.0.0/9"]'}, "trustedProxies", "the widest network that a CDN publishes"),
    ({"trustedProxies": '["::/0"]'}, "trustedProxies", "wider than /24"),
    ({"trustedProxies": '["2600:1400::/23"]'}, "trustedProxies", "wider than /24"),
    ({"trustedProxies": '["10.20.128.0/17"]'}, "trustedProxies", "overlaps vpcCidr 10.20.0.0/16"),
    ({"trustedProxies": '["10.0.0.0/10"]'}, "trustedProxies", "overlaps vpcCidr"),
    ({"trustedProxies": '["cdn.example.com"]'}, "trustedProxies", "must be a network"),
    ({"pythonImage": "python"}, "pythonImage", "tag"),
    ({"nginxImage": "nginx:latest"}, "nginxImage", "other than latest"),
    ({"databaseClass": "t4g.micro"}, "databaseClass", "db.t4g.micro"),
    ({"databaseClass": "db.t4g.nano"}, "databaseClass", "does not offer"),
    ({"databaseStorageGb": "10"}, "databaseStorageGb", "from 20"),
    ({"databaseClass": "db.t2.micro"}, "databaseClass", "does not run this database"),
    ({"databaseStorageGb": "100"}, "databaseMaxStorageGb", "so 110 or more"),
    ({"databaseStorageGb": "60000", "databaseMaxStorageGb": "65536"}, "databaseStorageGb", "to 59578"),
    ({"databaseMaxStorageGb": "70000"}, "databaseMaxStorageGb", "at most 65536"),
    ({"databaseBackupDays": "0"}, "databaseBackupDays", "from 1 to 35"),
    ({"databaseBackupDays": "36"}, "databaseBackupDays", "from 1 to 35"),
    ({"databaseVersion": "17.4"}, "databaseVersion", "major version alone"),
    ({"databaseVersion": "13"}, "databaseVersion", "14 or later"),
    ({"databaseMultiAz": "yes"}, "databaseMultiAz", "true or false"),
    ({"alarmEmail": "ops"}, "alarmEmail", "e-mail"),
    ({"emailUrl": "smtp://mail.example.com"}, "emailUrl", "names no port"),
    ({"emailUrl": "smtp+tls://site:pw@mail.example.com:587"}, "emailUrl", "keeps only secret values encrypted"),
    ({"emailUrl": "ses://eu-west-1"}, "emailUrl", "is not ses:// alone"),
    ({"emailUrl": "ses://", "egress": "endpoints"}, "emailUrl", "SES has none here"),
    ({"emailFrom": "Site <no-reply@app.preqly.com>"}, "emailFrom", "one e-mail address"),
    ({"emailFrom": "No-Reply@app.preqly.com"}, "emailFrom", "small letters"),
    ({"emailFrom": "no-reply@example.com", "emailUrl": "ses://"}, "emailFrom", "inside the zone preqly.com"),
    ({"monthlyBudgetUsd": "-1"}, "monthlyBudgetUsd", "from 0"),
    ({"monthlyBudgetUsd": "50"}, "monthlyBudgetUsd", "an address to warn"),
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


@pytest.mark.parametrize(
    ("key", "successor"),
    [("scaleAtRequestsPerTarget", "scaleAtRequestsPerVcpu"), ("wafUploadPaths", "[[proxy.paths]] with body_mib")],
)
def test_a_setting_of_an_earlier_version_names_what_takes_its_place(key, successor):
    assert successor in only_problem(**{key: "6000"}).fix


def test_the_value_of_an_unknown_key_is_not_printed():
    problem = only_problem(secretEnviroment='{"STRIPE_KEY": "sk_live_canary"}')
    assert "canary" not in str(problem)


@pytest.mark.parametrize("values", [case[0] for case in REFUSED], ids=[str(case[0]) for case in REFUSED])
def test_a_proposed_value_is_itself_legal(values):
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


def test_the_widest_networks_that_cdns_publish_are_taken():
    published = ("104.64.0.0/10", "13.224.0.0/14", "104.16.0.0/13", "2600:1400::/24", "2600:9000::/28")
    assert load(trustedProxies=json.dumps(published)).trusted_proxies == published


def test_a_refused_machine_costs_on_fargate_what_the_fix_says():
    (problem,) = problems(hosting="vm", taskCpu="512", taskMemory="1024")
    usd = monthly_estimate(settings(task_cpu=512, task_memory=1024, min_tasks=1, egress="public")).total_usd
    assert f"(about {usd:.2f} USD a month)" in problem.fix
    assert "run `pulumi up` there with `hosting: fargate` first" in problem.fix


def test_a_refused_machine_with_other_wrong_values_is_refused_with_them():
    found = problems(hosting="vm", architecture="amd64", vmInstanceType="t4g.small")
    assert {problem.key for problem in found} == {"preqly:hosting", "preqly:architecture", "preqly:vmInstanceType"}


@pytest.mark.parametrize("region", ["", "moon-1", "cn-north-1", "us-gov-west-1", "us-east-1a"])
def test_a_region_that_is_not_commercial_is_refused(region):
    with pytest.raises(SettingsError, match="aws:region"):
        load(region=region)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-7", "mx-central-1"])
def test_commercial_regions_are_taken(region):
    assert load(region=region).region == region


@given(cpu=st.sampled_from([0, 256, 300, 1024, 16384]), memory=st.integers(0, 130_000))
def test_a_task_size_is_taken_exactly_when_fargate_sells_it(cpu, memory):
    legal = memory in fargate_size.MEMORY_BY_CPU.get(cpu, ())
    assert (not list(size_rules.tasks(settings(task_cpu=cpu, task_memory=memory)))) == legal


@given(days=st.integers(-10, 5000))
def test_log_days_are_taken_exactly_when_cloudwatch_accepts_them(days):
    assert (not list(size_rules.log_days(settings(log_days=days)))) == (days in size_rules.LOG_DAYS)


def test_the_databases_architecture_is_independent_of_the_tasks():
    assert load(architecture="x86_64", databaseClass="db.t4g.micro").architecture == "x86_64"
    assert load(architecture="arm64", databaseClass="db.m6i.large").architecture == "arm64"
