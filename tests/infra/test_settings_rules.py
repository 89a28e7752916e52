"""Every wrong value is refused by its key with rule and fix, and the fix is legal."""

import json

import pulumi
import pytest
from pulumi.runtime.config import set_all_config

from infra.settings import Settings, SettingsError
from tests.infra.loaded import DECLARED, load, only_problem

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
