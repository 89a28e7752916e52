"""Pulumi.yaml and the stacks' settings files: whose stack it is, and in which region and account to look for it."""

from pathlib import Path
from typing import Any

import yaml

from ops.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent


def name() -> str:
    """The project's name. Raises UsageError when there is no Pulumi.yaml that says it."""
    declared = _load("Pulumi.yaml").get("name")
    if not isinstance(declared, str) or not declared:
        raise UsageError(f"{ROOT / 'Pulumi.yaml'} names no project. Give --project.")
    return declared


def stack_setting(stack: str | None, key: str) -> str | None:
    """What Pulumi.<stack>.yaml says for a key such as aws:region; None when it says nothing, or there is no file."""
    if not stack:
        return None
    value = (_load(f"Pulumi.{stack}.yaml").get("config") or {}).get(key)
    return value if isinstance(value, str) else None


def default_setting(key: str) -> str | None:
    """What Pulumi.yaml says for every stack."""
    declared = (_load("Pulumi.yaml").get("config") or {}).get(key)
    value = declared.get("value", declared.get("default")) if isinstance(declared, dict) else declared
    return value if isinstance(value, str) else None


def _load(file: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load((ROOT / file).read_text())
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        raise UsageError(f"{ROOT / file} is no YAML: {error}") from None
    return content if isinstance(content, dict) else {}
