"""Settings that differ as much as they can, and the tree of components that a recorded program declares."""

import json

import yaml

from local.runtime import ROOT

EXISTING_SECRETS = {
    "TEAM_KEY": "arn:aws:secretsmanager:us-east-1:123456789012:secret:team-AbCdEf:key::",
    "TEAM_TOKEN": "arn:aws:ssm:us-east-1:123456789012:parameter/team/token",
}
SHAPES = {
    "defaults": {},
    "production": {
        key: str(value).lower()
        for key, value in yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"].items()
        if ":" not in key
    },
    "public": {
        "egress": "public",
        "egressPorts": "[8883]",
        "protect": "false",
        "createZone": "true",
        "aliases": '["www.preqly.com", "preqly.com"]',
        "emailUrl": "ses://",
        "emailFrom": "no-reply@preqly.com",
        "logDays": "7",
        "databaseBackupDays": "1",
        "environment": '{"FEATURE": "on", "STRIPE_PUBLISHABLE_KEY": "pk_live_1"}',
        "publicVariables": '["STRIPE_PUBLISHABLE_KEY"]',
        "secretEnvironment": '{"STRIPE_KEY": "canary-of-the-settings"}',
        "existingSecrets": json.dumps(EXISTING_SECRETS),
    },
    "endpoints": {
        "egress": "endpoints",
        "allowedHosts": '["localhost"]',
        "architecture": "x86_64",
        "databaseMultiAz": "true",
        "cache": "valkey",
        "cacheReplicas": "1",
        "alarmEmail": "ops@preqly.com",
        "monthlyBudgetUsd": "200",
        "waf": "true",
        "zoneId": "Z0EXISTING",
        "dnsRecords": "takeOver",
        "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
    },
}
"""Configuration by name. Tests read the recorded run of a shape with `declared_with(**SHAPES[name])`."""


def components(engine):
    return [resource for resource in engine.resources if not resource.custom]


def children(engine):
    return [resource for resource in engine.resources if resource.custom]


def parent_of(engine, resource):
    """Type token and logical name of a resource's parent."""
    _, _, types, name = engine.requests[resource.typ, resource.name].parent.split("::", 3)
    return types.rpartition("$")[2], name
