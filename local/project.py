"""Pulumi.yaml and the stacks' settings files, and the copy of them that the engine works on."""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.runtime import ROOT, OperatorError, write_atomically

PROJECT_FILE = "Pulumi.yaml"
IN_THE_ACCOUNT = ("adoptEmailIdentity", "certificateArn", "existingSecrets", "zoneId")
"""Keys of the settings that name what the stack's account has, and an embedded cloud has not."""
LOCAL_STACK = "local"
"""The stack that `make up` deploys."""
PLANNED_STACK = "prod"
"""The stack that `make preview` plans."""
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
# PyYAML's own wheels have libyaml, which is ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ENCRYPTION_KEYS = ("encryptionsalt", "encryptedkey", "secretsprovider")


def load(name: str = PROJECT_FILE) -> dict[str, Any]:
    """A YAML file of the project's root. Raises OperatorError if it is missing or no YAML mapping."""
    try:
        content = yaml.load((ROOT / name).read_text(), Loader=_LOADER)  # noqa: S506 - both loaders are safe
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


def local_settings(images: Mapping[str, str]) -> dict[str, Any]:
    """Settings of the local stack that differ from the defaults. `images` maps a role to its base image."""
    project = name()
    return {
        f"{project}:allowedHosts": ["localhost"],
        f"{project}:architecture": machine_architecture(),
        f"{project}:databaseFinalSnapshot": False,
        # Mails, such as a password reset, then show in the command of `pulumi stack output logs_command`.
        f"{project}:emailUrl": "consolemail://",
        # HSTS knows no ports: browsers would refuse plain HTTP of every other program on localhost.
        f"{project}:hsts": "max-age=0",
        # A laptop has few cores; Pulumi.local.yaml may allow more tasks, and automatic scaling adds them.
        f"{project}:maxTasks": 2,
        f"{project}:protect": False,
        # Off by default; this stack shows how it works.
        f"{project}:snapshotsBeforeMigration": 2,
        f"{project}:pythonImage": images["python"],
        f"{project}:nginxImage": images["nginx"],
    }


def stack_settings(stack: str) -> dict[str, Any]:
    """The settings in Pulumi.<stack>.yaml, without encrypted values: the key to them is not here.

    Also without what only the stack's account has.
    """
    config = _with_namespaces(load(f"Pulumi.{stack}.yaml").get("config") or {})
    readable = {key: _readable(value) for key, value in config.items() if not _encrypted(value)}
    return {key: value for key, value in readable.items() if key.partition(":")[2] not in IN_THE_ACCOUNT}


def zones(stack: str) -> tuple[str, ...]:
    """The hosted zones that a stack's settings expect: the zone of its domain, and one for each alias elsewhere."""
    given = stack_settings(stack) if (ROOT / f"Pulumi.{stack}.yaml").exists() else {}
    declared = load()["config"]
    zone, aliases, created = (
        given.get(f"{name()}:{key}", declared[key]["default"]) for key in ("zone", "aliases", "createZone")
    )
    others = [str(one) for one in aliases if not f".{one}".endswith(f".{zone}")]
    return (*([] if created else [str(zone)]), *others)


def _with_namespaces(config: Mapping[str, Any]) -> dict[str, Any]:
    """As in Pulumi, a key without a namespace is the project's."""
    return {key if ":" in key else f"{name()}:{key}": value for key, value in config.items()}


def _encrypted(value: Any) -> bool:
    return isinstance(value, dict) and "secure" in value


def _readable(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if not _encrypted(one)}


def load_settings(folder: Path, stack: str) -> dict[str, Any]:
    """The settings last written by `write_work_dir`; empty if there are none."""
    path = folder / f"Pulumi.{stack}.yaml"
    return dict((yaml.safe_load(path.read_text()) or {}).get("config") or {}) if path.exists() else {}


def machine_architecture() -> str:
    """This machine's CPU as the setting `architecture` names it. Raises OperatorError for another kind."""
    machine = platform.machine().lower()
    if machine not in _ARCHITECTURES:
        raise OperatorError(f"{machine}: neither x86_64 nor arm64; the containers cannot be built here.")
    return _ARCHITECTURES[machine]


def write_work_dir(folder: Path, stack: str, settings: Mapping[str, Any]) -> None:
    """Copy the project's files for the engine, which adds its salt: the committed files stay unchanged.

    Pulumi.local.yaml, which is not committed, adds to the settings of the local stack.
    """
    file = f"Pulumi.{stack}.yaml"
    own = load(file) if stack == LOCAL_STACK and (ROOT / file).exists() else {}
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / PROJECT_FILE, load() | {"main": str(ROOT)})
    path = folder / file
    before = (yaml.safe_load(path.read_text()) if path.exists() else {}) or {}
    salt = {key: one[key] for one in (before, own) for key in _ENCRYPTION_KEYS if key in one}
    _write(path, salt | {"config": {**settings, **_with_namespaces(own.get("config") or {})}})


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_atomically(path, yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True))
