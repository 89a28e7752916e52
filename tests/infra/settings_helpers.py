"""Settings for tests, with the defaults of Pulumi.yaml, and the problems of wrong ones."""

from dataclasses import replace
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime.config import set_all_config

from infra.problem import Problem, SettingsError
from infra.settings.load import load_settings
from infra.settings.settings import DEFAULTS, Settings
from local.runtime import ROOT

DECLARED = {
    key: value for key, value in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"].items() if ":" not in key
}
"""The settings as Pulumi.yaml declares them, by key."""
DEFAULT_SETTINGS = Settings(region="us-east-1", **DEFAULTS)


def settings(**changes: Any) -> Settings:
    """Unchecked settings; `changes` are fields of `Settings`."""
    return replace(DEFAULT_SETTINGS, **changes)


def load(region: str = "us-east-1", **values: str) -> Settings:
    """Settings read from configuration; `values` by key, those of `secretEnvironment` encrypted."""
    set_all_config({f"preqly:{key}": value for key, value in values.items()}, ["preqly:secretEnvironment"])
    return load_settings(pulumi.Config("preqly"), region)


def problems(**values: str) -> list[Problem]:
    """What is wrong with a configuration that is refused."""
    with pytest.raises(SettingsError) as refused:
        load(**values)
    return refused.value.problems


def only_problem(**values: str) -> Problem:
    """What is wrong with a configuration that has one mistake."""
    (problem,) = problems(**values)
    return problem
