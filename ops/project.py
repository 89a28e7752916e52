"""Pulumi.yaml and Pulumi.<stack>.yaml: the project's name, and the configuration of a stack's AWS provider."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from infra.provider.settings import FOLLOWED
from ops.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
SETTINGS_FOLDER = "PULUMI_SETTINGS_DIR"
"""Variable that names the folder of Pulumi.<stack>.yaml where it is not this one, as on the embedded cloud."""
SECONDS = 60
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C parses Pulumi.yaml ten times faster."""


def name() -> str:
    """The project's name in Pulumi.yaml. Raises UsageError when it has none."""
    declared = _load("Pulumi.yaml").get("name")
    if not isinstance(declared, str) or not declared:
        raise UsageError(f"{ROOT / 'Pulumi.yaml'} has no project name. Give --project.")
    return declared


def provider_settings(stack: str | None) -> dict[str, Any]:
    """The keys `aws:*` of a stack without `aws:`, decrypted: never print them. Its own file wins over Pulumi.yaml.

    Raises UsageError when a value is encrypted and Pulumi cannot decrypt it.
    """
    values = {key: _declared(value) for key, value in _provider_keys("Pulumi.yaml").items()}
    own = _provider_keys(f"Pulumi.{stack}.yaml") if stack else {}
    if any(_encrypted(value) for value in own.values()):
        own = _decrypted(str(stack))
    return {key: value for key, value in {**values, **own}.items() if value is not None}


def settings(stack: str) -> dict[str, Any]:
    """The stack's settings by key, with the defaults of Pulumi.yaml; None for those that are encrypted.

    Raises UsageError when the stack has no settings file.
    """
    file = Path(os.environ.get(SETTINGS_FOLDER, ROOT)) / f"Pulumi.{stack}.yaml"
    if not file.exists():
        raise UsageError(f"{file} does not exist. Give --stack {'|'.join(_stack_files())}.")
    declared = {key: _declared(one) for key, one in (_load("Pulumi.yaml").get("config") or {}).items()}
    own = {key.removeprefix(f"{name()}:"): value for key, value in (_load(str(file)).get("config") or {}).items()}
    return {**declared, **{key: None if _encrypted(value) else value for key, value in own.items()}}


def only_stack() -> str:
    """The stack that has the only settings file. Raises UsageError when there are several."""
    found = _stack_files()
    if len(found) != 1:
        raise UsageError(f"Give --stack {'|'.join(found)}." if found else f"{ROOT} has no Pulumi.<stack>.yaml.")
    return found[0]


def stack_with_own_login() -> str | None:
    """The stack that configures how the AWS provider logs in, when it is the only one with a settings file.

    None when no stack does. Raises UsageError when the stack cannot be told.
    """
    files = _stack_files()
    own = [stack for stack in files if _provider_keys(f"Pulumi.{stack}.yaml").keys() & FOLLOWED - {"region"}]
    if own and len(files) > 1:
        raise UsageError(f"Give --stack {'|'.join(files)}: Pulumi.{own[0]}.yaml has its own login to AWS.")
    return own[0] if own else None


def _stack_files() -> list[str]:
    """The stacks that have a settings file, sorted."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in ROOT.glob("Pulumi.*.yaml"))


def _provider_keys(file: str) -> dict[str, Any]:
    config = _load(file).get("config") or {}
    return {key.removeprefix("aws:"): value for key, value in config.items() if key.startswith("aws:")}


def _declared(value: Any) -> Any:
    """A value of Pulumi.yaml, which may be written with `value` or `default`."""
    return value.get("value", value.get("default")) if isinstance(value, dict) else value


def _encrypted(value: Any) -> bool:
    if isinstance(value, dict):
        return "secure" in value or any(map(_encrypted, value.values()))
    return isinstance(value, list) and any(map(_encrypted, value))


def _decrypted(stack: str) -> dict[str, Any]:
    command = ["pulumi", "config", "--show-secrets", "--json", "--stack", stack, "--non-interactive"]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True)
        config = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        raise UsageError(
            f"Pulumi.{stack}.yaml holds encrypted keys of the AWS provider, and `pulumi config` cannot decrypt them. "
            "Log in to the stack's backend and set its passphrase (PULUMI_CONFIG_PASSPHRASE_FILE)."
        ) from None
    return {
        key.removeprefix("aws:"): one.get("objectValue", one.get("value"))
        for key, one in config.items()
        if key.startswith("aws:")
    }


def _load(file: str) -> dict[str, Any]:
    try:
        content = yaml.load((ROOT / file).read_text(), Loader=LOADER)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        raise UsageError(f"{ROOT / file} is not valid YAML: {error}") from None
    return content if isinstance(content, dict) else {}
