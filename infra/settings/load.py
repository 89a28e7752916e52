"""Read every setting from Pulumi's configuration and refuse all wrong ones together, before any resource."""

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret
from pulumi.runtime.settings import SETTINGS

from infra.problem import Problem, SettingsError, full_key, key_of, set_command
from infra.settings import namespaces, rules, settings_file
from infra.settings.process_rules import read_processes
from infra.settings.settings import DEFAULTS, Settings
from infra.settings.variables import read_variables

_REPLACED = {
    "scaleAtRequestsPerTarget": (
        "scaleAtRequestsPerVcpu counts for 1024 CPU units: four times the value where taskCpu is 256; "
    ),
    "wafUploadPaths": "hosting.toml names paths that take files: [[proxy.paths]] with body_mib (docs/waf.md); ",
}
"""Where a setting of an earlier version went, by its key."""


def load_settings(config: pulumi.Config, region: str | None) -> Settings:
    """Read and check every setting.

    Raises SettingsError with every wrong or unreadable value, every unknown key and every key of another project.
    """
    given, unreadable = _read(config)
    settings = Settings(region=region or "", **{**DEFAULTS, **given, **_dependent_defaults(given)})
    problems = [
        *unreadable.values(),
        *_unknown_keys(config),
        *namespaces.project_name(config.name),
        *namespaces.foreign_keys(config.name, pulumi.get_stack(), _configured()),
        *rules.problems(settings, config.name, skip=unreadable),
        *_plain_passwords(config, settings),
        *settings_file.problems(settings, config.name, _folder(), is_config_secret),
    ]
    if problems:
        raise SettingsError([_without_secret(problem) for problem in problems])
    return settings


def _read(config: pulumi.Config) -> tuple[dict[str, Any], dict[str, Problem]]:
    """Values by field, and a problem by field for each value of the wrong type."""
    values: dict[str, Any] = {}
    unreadable: dict[str, Problem] = {}
    for field in fields(Settings):
        raw = None if field.name == "region" else config.get(key_of(field.name))
        if raw is None:
            continue
        try:
            values[field.name] = _READERS[field.type](raw)
        except ValueError as error:
            is_object = str(field.type).startswith("collections.abc.Mapping")
            fix = f"pulumi config set --path {key_of(field.name)}.<name> <value>"
            fix = fix if is_object else set_command(field.name, "<value>")
            # One of an object's values may be a secret.
            shown = None if is_object else raw
            unreadable[field.name] = Problem(full_key(field.name, config.name), shown, str(error), fix)
    return values, unreadable


def _dependent_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """No snapshots before migrations in a stack with neither `protect` nor `databaseFinalSnapshot`.

    Such a stack deletes the key of its snapshots. The engine passes the defaults of Pulumi.yaml as if they were
    configured, so a value equal to the default counts as not configured.
    """
    name = "snapshots_before_migration"
    values = {**DEFAULTS, **given}
    if values["protect"] or values["database_final_snapshot"] or values[name] != DEFAULTS[name]:
        return {}
    return {name: 0}


def _plain_passwords(config: pulumi.Config, settings: Settings) -> list[Problem]:
    key = full_key("email_url", config.name)
    if "@" not in settings.email_url or is_config_secret(key):
        return []
    rule = "holds a password, and the stack's settings file keeps only secret values encrypted"
    return [Problem(key, "[secret]", rule, "pulumi config set --secret emailUrl")]


def _folder() -> Path:
    """The folder of the stack's settings file; a program that runs inside of its engine's client has no root."""
    root: str | None = SETTINGS.root_directory
    return Path(root) if root else Path(__file__).parents[2]


def _without_secret(problem: Problem) -> Problem:
    """The problem without its value when that is a secret, or `emailUrl`, which should be one."""
    hidden = is_config_secret(problem.key) or problem.key.endswith(f":{key_of('email_url')}")
    return replace(problem, value="[secret]") if hidden else problem


def _unknown_keys(config: pulumi.Config) -> list[Problem]:
    """One problem per key of this project that is no setting, with the nearest name that is one."""
    known = [key_of(name) for name in DEFAULTS]
    given = _configured()
    problems = []
    for configured in sorted(given):
        project, _, key = configured.partition(":")
        if project == config.name and key not in known:
            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = _REPLACED.get(key) or (f"did you mean {nearest[0]}? " if nearest else "")
            fix = f"{hint}pulumi config rm {key}"
            # Without the value, which may be a secret under a misspelt key.
            problems.append(Problem(configured, None, "is not a setting of this project", fix))
    return problems


def _configured() -> dict[str, Any]:
    """Every key of the stack's configuration, with its value."""
    return {**get_config_env(), **CONFIG.get()}


def _read_int(raw: str) -> int:
    try:
        return int(raw)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _read_bool(raw: str) -> bool:
    if raw not in ("true", "false"):
        raise ValueError("must be true or false")
    return raw == "true"


def _list_of(kind: type, name: str) -> Callable[[str], tuple[Any, ...]]:
    """A reader of lists whose items are of exactly this type."""

    def read(raw: str) -> tuple[Any, ...]:
        try:
            value = json.loads(raw)
        except ValueError:
            value = None
        if not isinstance(value, list) or not all(type(item) is kind for item in value):
            raise ValueError(f"must be a list of {name}")
        return tuple(value)

    return read


_READERS: dict[Any, Callable[[str], object]] = {
    Mapping[str, str]: read_variables,
    Mapping[str, Mapping[str, int]]: read_processes,
    str: str,
    int: _read_int,
    bool: _read_bool,
    tuple[str, ...]: _list_of(str, "strings"),
    tuple[int, ...]: _list_of(int, "whole numbers"),
}
