"""Pulumi.yaml and Pulumi.<stack>.yaml: the project's name, and the region and profile of a stack."""

from pathlib import Path
from typing import Any

import yaml

from ops.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C parses Pulumi.yaml ten times faster."""


def name() -> str:
    """The project's name in Pulumi.yaml. Raises UsageError when it has none."""
    declared = _load("Pulumi.yaml").get("name")
    if not isinstance(declared, str) or not declared:
        raise UsageError(f"{ROOT / 'Pulumi.yaml'} has no project name. Give --project.")
    return declared


def stack_setting(stack: str | None, key: str) -> str | None:
    """The value of a key such as aws:region in Pulumi.<stack>.yaml; None without a value or without the file."""
    if not stack:
        return None
    value = (_load(f"Pulumi.{stack}.yaml").get("config") or {}).get(key)
    return value if isinstance(value, str) else None


def default_setting(key: str) -> str | None:
    """The value of a key in Pulumi.yaml, for every stack."""
    declared = (_load("Pulumi.yaml").get("config") or {}).get(key)
    value = declared.get("value", declared.get("default")) if isinstance(declared, dict) else declared
    return value if isinstance(value, str) else None


def _load(file: str) -> dict[str, Any]:
    try:
        content = yaml.load((ROOT / file).read_text(), Loader=LOADER)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        raise UsageError(f"{ROOT / file} is not valid YAML: {error}") from None
    return content if isinstance(content, dict) else {}
