"""Pulumi.yaml and the stacks' settings files, as the driver hands them to the engine."""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.hosting import FARGATE
from local.runtime import ROOT, OperatorError, write_atomically

PROJECT_FILE = "Pulumi.yaml"
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
_ENCRYPTION_KEYS = ("encryptionsalt", "encryptedkey", "secretsprovider")


def load(name: str = PROJECT_FILE) -> dict[str, Any]:
    """A YAML file of the project's root. Raises OperatorError if it is no YAML mapping."""
    try:
        content = yaml.safe_load((ROOT / name).read_text())
    except FileNotFoundError:
        raise OperatorError(f"{name} is missing in {ROOT}.") from None
    except yaml.YAMLError as error:
        raise OperatorError(f"{name}: {error}") from error
    if not isinstance(content, dict):
        raise OperatorError(f"{name}: must hold keys and values.")
    return content


def name() -> str:
    """The project's name: prefix of its settings' keys."""
    return str(load()["name"])


def default_setting(key: str) -> str:
    """The default that Pulumi.yaml declares for a setting."""
    return str(load()["config"][key]["default"])


def local_settings(images: Mapping[str, str], hosting: str = FARGATE) -> dict[str, Any]:
    """What differs from the defaults on this machine; everything else is the system as it would be."""
    project = name()
    return {
        f"{project}:hosting": hosting,
        f"{project}:allowedHosts": ["localhost"],
        f"{project}:architecture": machine_architecture(),
        # Links to choose a new password are then in `pulumi stack output logs_command`.
        f"{project}:databaseFinalSnapshot": False,
        f"{project}:emailUrl": "consolemail://",
        f"{project}:protect": False,
        # A stack that keeps nothing else takes none by default; this one shows how it is done.
        f"{project}:snapshotsBeforeMigration": 2,
        f"{project}:pythonImage": images["python"],
        f"{project}:nginxImage": images["nginx"],
    }


def machine_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What `hosting: vm` needs beside these settings: the smallest machine that holds the site, where none is named.

    Raises OperatorError when no machine is large enough."""
    # Loads the program's packages, which no other command waits for.
    from infra.machine import sizes  # noqa: PLC0415

    project = name()
    if f"{project}:vmInstanceType" in settings:
        return {}
    architecture, memory = (
        settings.get(f"{project}:{key}", default_setting(key)) for key in ("architecture", "taskMemory")
    )
    try:
        return {f"{project}:vmInstanceType": sizes.smallest(str(architecture), int(memory))}
    except ValueError as error:
        raise OperatorError(f"{project}:taskMemory: {error}.") from None


def stack_settings(stack: str) -> dict[str, Any]:
    """What Pulumi.<stack>.yaml decides. Encrypted values are left out: nobody here can read them."""
    config: dict[str, Any] = load(f"Pulumi.{stack}.yaml").get("config") or {}
    return {key: value for key, value in config.items() if not (isinstance(value, dict) and "secure" in value)}


def load_settings(folder: Path, stack: str) -> dict[str, Any]:
    """The settings that `write_work_dir` wrote last; empty if it never did."""
    path = folder / f"Pulumi.{stack}.yaml"
    return dict((yaml.safe_load(path.read_text()) or {}).get("config") or {}) if path.exists() else {}


def machine_architecture() -> str:
    """This machine's CPU in the words of the setting `architecture`. Raises OperatorError for another kind."""
    machine = platform.machine().lower()
    if machine not in _ARCHITECTURES:
        raise OperatorError(f"{machine}: neither x86_64 nor arm64; the containers cannot be built here.")
    return _ARCHITECTURES[machine]


def write_work_dir(folder: Path, stack: str, settings: Mapping[str, Any]) -> None:
    """A copy of the project's files for the engine, which adds its salt: the committed ones stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / PROJECT_FILE, load() | {"main": str(ROOT)})
    path = folder / f"Pulumi.{stack}.yaml"
    before = yaml.safe_load(path.read_text()) if path.exists() else {}
    salt = {key: before[key] for key in _ENCRYPTION_KEYS if key in (before or {})}
    _write(path, salt | {"config": dict(settings)})


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_atomically(path, yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True))
