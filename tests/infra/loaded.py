"""Settings as the program would load them, or what refuses them."""

import pulumi
import pytest
import yaml
from pulumi.runtime.config import set_all_config

from infra.settings import Settings, SettingsError
from local.runtime import ROOT

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
