"""The program with settings that differ as much as settings can, recorded."""

import functools

import yaml

from local.runtime import ROOT
from tests.recorder import Recorder, new_engine

SHAPES = {
    "defaults": {},
    "production": {
        key.partition(":")[2]: str(value).lower()
        for key, value in yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"].items()
        if key.startswith("preqly:")
    },
    "public": {"egress": "public"},
    "everything": {
        "egress": "endpoints",
        "createZone": "true",
        "aliases": '["www.preqly.com", "preqly.com"]',
        "allowedHosts": '["localhost"]',
        "architecture": "x86_64",
        "databaseMultiAz": "true",
        "alarmEmail": "ops@preqly.com",
        "monthlyBudgetUsd": "200",
        "waf": "true",
    },
    "throwaway": {"protect": "false", "logDays": "7", "databaseBackupDays": "1"},
    "machine": {"hosting": "vm"},
    "machine with everything": {
        "hosting": "vm",
        "architecture": "x86_64",
        "vmInstanceType": "t3a.small",
        "vmCertificate": "team/certificate",
        "createZone": "true",
        "aliases": '["www.preqly.com", "preqly.com"]',
        "emailUrl": "ses://",
        "alarmEmail": "ops@preqly.com",
        "monthlyBudgetUsd": "200",
        "protect": "false",
    },
}
ON_FARGATE = [name for name, settings in SHAPES.items() if settings.get("hosting") != "vm"]


def shaped(**config: str) -> Recorder:
    """What the program declares with these settings."""
    engine = new_engine()
    engine.run_program(**config)
    return engine


@functools.cache
def declared_with(shape: str) -> Recorder:
    """The same for one of the shapes, run once."""
    return shaped(**SHAPES[shape])
